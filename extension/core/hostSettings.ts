// SPDX-License-Identifier: Apache-2.0
import { type DestinationFault, destinationFault, isPort } from './destination';
import type { HostDefinition } from './hosts';

/** One element of the setting `sockmap.hosts`. */
export interface HostSetting {
  readonly id?: string;
  readonly label?: string;
  /** `[user@]host`, or a Host name of the ssh config. */
  readonly destination: string;
  readonly port?: number;
  readonly configFile?: string;
}

/** Why a typed destination cannot be used. */
export type TypedFault = DestinationFault | 'port';
export type ParsedDestination =
  | { readonly ok: true; readonly destination: string; readonly port?: number }
  | { readonly ok: false; readonly fault: TypedFault };

/**
 * Reads `[user@]host[:port]`, where host may be `[IPv6]`. A bare IPv6 address (two or more colons) is taken
 * as a host without port, as ssh itself does.
 */
export function parseDestination(text: string): ParsedDestination {
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf('@');
  const address = splitPort(trimmed.slice(at + 1));
  if (address === undefined) {
    return { ok: false, fault: 'port' };
  }
  const destination = trimmed.slice(0, at + 1) + address.host;
  const fault = destinationFault(destination);
  if (fault !== undefined) {
    return { ok: false, fault };
  }
  return { ok: true, destination, ...(address.port === undefined ? {} : { port: address.port }) };
}

function splitPort(address: string): { host: string; port?: number } | undefined {
  let host = address;
  let port: string | undefined;
  if (address.startsWith('[')) {
    const close = address.indexOf(']');
    const rest = address.slice(close + 1);
    if (close < 0 || (rest !== '' && !rest.startsWith(':'))) {
      return undefined;
    }
    host = address.slice(1, close);
    port = rest === '' ? undefined : rest.slice(1);
  } else if (address.indexOf(':') === address.lastIndexOf(':') && address.includes(':')) {
    [host = '', port = ''] = address.split(':');
  }
  if (port === undefined) {
    return { host };
  }
  const value = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return isPort(value) ? { host, port: value } : undefined;
}

/** The stable id of a host that the setting names no id for. */
export function hostId(setting: HostSetting): string {
  return setting.id ?? `ssh:${setting.destination}${setting.port === undefined ? '' : `:${setting.port}`}`;
}

export type HostSettingFault = TypedFault | 'duplicate';

export interface HostSettingsResult {
  readonly hosts: readonly HostDefinition[];
  /** The id of each element of the setting, also of a repeated one; undefined where it names no host. */
  readonly ids: readonly (string | undefined)[];
  /** Elements that were left out, by their index in the setting. */
  readonly faults: readonly { readonly index: number; readonly fault: HostSettingFault }[];
}

/**
 * The hosts that `sockmap.hosts` names (a person may have written it by hand), after the local one. Paths are as they
 * are written unless `expand` replaces what stands for something else.
 */
export function readHostSettings(
  value: unknown,
  local: HostDefinition | undefined,
  expand: (path: string) => string = path => path,
): HostSettingsResult {
  const hosts: HostDefinition[] = local === undefined ? [] : [local];
  const ids: (string | undefined)[] = [];
  const faults: { index: number; fault: HostSettingFault }[] = [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  items.forEach((item, index) => {
    const setting = readHostSetting(item);
    const parsed = parseDestination(setting?.destination ?? '');
    if (setting === undefined || !parsed.ok) {
      ids.push(undefined);
      faults.push({ index, fault: parsed.ok ? 'empty' : parsed.fault });
      return;
    }
    const id = hostId(setting);
    ids.push(id);
    if (hosts.some(h => h.id === id)) {
      faults.push({ index, fault: 'duplicate' });
      return;
    }
    const port = setting.port ?? parsed.port;
    hosts.push({
      kind: 'ssh',
      id,
      label: setting.label ?? setting.destination,
      destination: parsed.destination,
      ...(port === undefined ? {} : { port }),
      ...(setting.configFile === undefined ? {} : { configFile: expand(setting.configFile) }),
    });
  });
  return { hosts, ids, faults };
}

function readHostSetting(item: unknown): HostSetting | undefined {
  if (typeof item === 'string') {
    return { destination: item };
  }
  if (typeof item !== 'object' || item === null) {
    return undefined;
  }
  const text = (key: string): string | undefined => {
    const value: unknown = Reflect.get(item, key);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const port: unknown = Reflect.get(item, 'port');
  const [id, label, configFile] = [text('id'), text('label'), text('configFile')];
  return {
    destination: text('destination') ?? '',
    ...(id === undefined ? {} : { id }),
    ...(label === undefined ? {} : { label }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(isPort(port) ? { port } : {}),
  };
}
