// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { checkout } from '../rig/checkout';

const condition = v.object({ when: v.optional(v.string()) });
const menuEntry = v.object({
  ...condition.entries,
  command: v.optional(v.string()),
  submenu: v.optional(v.string()),
});

const setting = v.object({
  type: v.union([v.string(), v.array(v.string())]),
  default: v.unknown(),
  scope: v.optional(v.string()),
  description: v.optional(v.string()),
  markdownDescription: v.optional(v.string()),
});
export type Setting = v.InferOutput<typeof setting>;

const settingGroup = v.object({ properties: v.record(v.string(), setting) });

const manifestSchema = v.object({
  name: v.string(),
  publisher: v.string(),
  icon: v.string(),
  engines: v.object({ vscode: v.string() }),
  activationEvents: v.optional(v.array(v.string()), []),
  contributes: v.object({
    commands: v.array(
      v.object({
        command: v.string(),
        title: v.string(),
        category: v.optional(v.string()),
        icon: v.optional(v.string()),
        enablement: v.optional(v.string()),
      }),
    ),
    menus: v.record(v.string(), v.array(menuEntry)),
    keybindings: v.optional(v.array(v.object({ ...condition.entries, command: v.string() })), []),
    configuration: v.union([settingGroup, v.array(settingGroup)]),
    viewsContainers: v.record(v.string(), v.array(v.object({ id: v.string(), icon: v.string() }))),
    views: v.record(
      v.string(),
      v.array(v.object({ ...condition.entries, id: v.string(), icon: v.optional(v.string()) })),
    ),
    viewsWelcome: v.optional(
      v.array(
        v.object({
          ...condition.entries,
          view: v.string(),
          contents: v.string(),
          enablement: v.optional(v.string()),
        }),
      ),
      [],
    ),
    walkthroughs: v.optional(
      v.array(
        v.object({
          id: v.string(),
          steps: v.array(
            v.object({
              ...condition.entries,
              id: v.string(),
              description: v.string(),
              media: v.record(v.string(), v.string()),
            }),
          ),
        }),
      ),
      [],
    ),
  }),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

async function json(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(checkout, name), 'utf8'));
}

export async function readManifest(): Promise<Manifest> {
  return v.parse(manifestSchema, await json('package.json'));
}

/** The texts of package.nls.json. */
export async function readTexts(): Promise<Record<string, string>> {
  return v.parse(v.record(v.string(), v.string()), await json('package.nls.json'));
}

/** Every string of the manifest, however deep. */
export async function manifestStrings(): Promise<string[]> {
  const strings: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') strings.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(await json('package.json'));
  return strings;
}

export function settingsOf(manifest: Manifest): Record<string, Setting> {
  const { configuration } = manifest.contributes;
  const groups = Array.isArray(configuration) ? configuration : [configuration];
  return Object.assign({}, ...groups.map(group => group.properties)) as Record<string, Setting>;
}

/** Every condition of the manifest: `when` and `enablement`. */
export function conditionsOf(manifest: Manifest): string[] {
  const { commands, menus, keybindings, views, viewsWelcome, walkthroughs } = manifest.contributes;
  const conditional: { readonly when?: string | undefined; readonly enablement?: string | undefined }[] = [
    ...commands,
    ...Object.values(menus).flat(),
    ...keybindings,
    ...Object.values(views).flat(),
    ...viewsWelcome,
    ...walkthroughs.flatMap(walkthrough => walkthrough.steps),
  ];
  return conditional.flatMap(entry => [entry.when, entry.enablement].filter(text => text !== undefined));
}

/** The context keys that a condition names: its operands without literals and the right sides of comparisons. */
export function keysOf(when: string): string[] {
  const bare = when
    .replaceAll(/=~\s*\/(?:\\.|[^/\\])*\/[a-z]*/g, '')
    .replaceAll(/(===?|!==?|<=?|>=?)\s*('[^']*'|[\w.:-]+)/g, '')
    .replaceAll(/\b(not )?in\b/g, ' ');
  return [...bare.matchAll(/[A-Za-z_][\w.:-]*/g)]
    .map(([key]) => key)
    .filter(key => key !== 'true' && key !== 'false');
}
