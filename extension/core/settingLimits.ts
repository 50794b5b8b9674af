// SPDX-License-Identifier: Apache-2.0
/** The limits that package.json states for settings: VS Code marks what breaks them, but hands it over all the same. */

export interface SettingLimits {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly integer?: boolean;
  /** Nothing between the two: from `not` with both exclusive limits. */
  readonly gap?: { readonly after: number; readonly before: number };
  readonly choices?: readonly unknown[];
}

/** By the whole name of the setting. */
export function readSettingLimits(packageJson: unknown): ReadonlyMap<string, SettingLimits> {
  const groups = property(property(packageJson, 'contributes'), 'configuration');
  const limits = new Map<string, SettingLimits>();
  for (const group of Array.isArray(groups) ? groups : [groups]) {
    for (const [name, schema] of Object.entries(property(group, 'properties') ?? {})) {
      limits.set(name, limitsOf(schema));
    }
  }
  return limits;
}

/** The value itself when it keeps the limits, for a number the nearest that does, else undefined. */
export function withinLimits(limits: SettingLimits, value: unknown): unknown {
  const { minimum, maximum, integer, gap, choices } = limits;
  if (choices !== undefined) {
    return choices.includes(value) ? value : undefined;
  }
  if (typeof value !== 'number') {
    return value;
  }
  const whole = integer === true ? Math.round(value) : value;
  const between = Math.min(maximum ?? Infinity, Math.max(minimum ?? -Infinity, whole));
  return gap !== undefined && between > gap.after && between < gap.before ? gap.before : between;
}

function limitsOf(schema: unknown): SettingLimits {
  const number = (of: unknown, key: string) => {
    const value = property(of, key);
    return typeof value === 'number' ? value : undefined;
  };
  const [minimum, maximum] = [number(schema, 'minimum'), number(schema, 'maximum')];
  const not = property(schema, 'not');
  const [after, before] = [number(not, 'exclusiveMinimum'), number(not, 'exclusiveMaximum')];
  const choices: unknown = property(schema, 'enum');
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(property(schema, 'type') === 'integer' ? { integer: true } : {}),
    ...(after === undefined || before === undefined ? {} : { gap: { after, before } }),
    ...(Array.isArray(choices) ? { choices } : {}),
  };
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
