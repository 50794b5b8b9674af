// SPDX-License-Identifier: Apache-2.0
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
export type DestinationFault = 'empty' | 'dash' | 'space' | 'port' | 'user';
export type ParsedDestination =
  | { readonly ok: true; readonly destination: string; readonly port?: number }
  | { readonly ok: false; readonly fault: DestinationFault };

/**
 * Reads `[user@]host[:port]`, where host may be `[IPv6]`. A bare IPv6 address (two or more colons) is taken
 * as a host without port, as ssh itself does. What starts with `-` would be an option of ssh.
 */
export function parseDestination(text: string): ParsedDestination {
  const trimmed = text.trim();
  if (trimmed === '') {
    return { ok: false, fault: 'empty' };
  }
  if (/[\s\p{C}]/u.test(trimmed)) {
    return { ok: false, fault: 'space' };
  }
  const at = trimmed.lastIndexOf('@');
  const user = at < 0 ? undefined : trimmed.slice(0, at);
  if (user === '') {
    return { ok: false, fault: 'user' };
  }
  const address = splitPort(trimmed.slice(at + 1));
  if (address === undefined) {
    return { ok: false, fault: 'port' };
  }
  if (address.host === '') {
    return { ok: false, fault: 'empty' };
  }
  if (trimmed.startsWith('-') || address.host.startsWith('-')) {
    return { ok: false, fault: 'dash' };
  }
  const destination = user === undefined ? address.host : `${user}@${address.host}`;
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
  return value >= 1 && value <= 65535 ? { host, port: value } : undefined;
}

/** The stable id of a host that the setting names no id for. */
export function hostId(setting: HostSetting): string {
  return setting.id ?? `ssh:${setting.destination}${setting.port === undefined ? '' : `:${setting.port}`}`;
}

export interface HostSettingsResult {
  readonly hosts: readonly HostDefinition[];
  /** Elements that were left out, by their index in the setting. */
  readonly faults: readonly { readonly index: number; readonly fault: DestinationFault | 'duplicate' }[];
}

/** The hosts that `sockmap.hosts` names (a person may have written it by hand), after the local one. */
export function readHostSettings(value: unknown, local: HostDefinition | undefined): HostSettingsResult {
  const hosts: HostDefinition[] = local === undefined ? [] : [local];
  const faults: { index: number; fault: DestinationFault | 'duplicate' }[] = [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  items.forEach((item, index) => {
    const setting = readHostSetting(item);
    const parsed = parseDestination(setting?.destination ?? '');
    if (setting === undefined || !parsed.ok) {
      faults.push({ index, fault: parsed.ok ? 'empty' : parsed.fault });
      return;
    }
    const id = hostId(setting);
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
      ...(setting.configFile === undefined ? {} : { configFile: setting.configFile }),
    });
  });
  return { hosts, faults };
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
    ...(typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535 ? { port } : {}),
  };
}
