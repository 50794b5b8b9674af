// SPDX-License-Identifier: Apache-2.0
import { SOCKET_COLUMNS, type SocketColumn } from '../protocol/agent';
import type { ProgramChoice } from './attachPlan';

export interface SocketOrder {
  readonly column: SocketColumn;
  readonly descending: boolean;
}

/** What survives a reload of the window. */
export interface SavedState {
  readonly lastHost?: string;
  readonly lastProgram?: ProgramChoice;
  /** Host id -> cgroup path. */
  readonly lastCgroup: Readonly<Record<string, string>>;
  /** Hosts to connect again once a view is looked at. */
  readonly connectedHosts: readonly string[];
  /** The attachment of the status bar. */
  readonly active?: { readonly hostId: string; readonly name: string };
  readonly socketFilter?: string;
  readonly socketOrder?: SocketOrder;
  /** Files that were opened as verifier logs, the last one first. */
  readonly recentLogs?: readonly string[];
}

/** Raised when an older reader would misread what is stored; other versions start empty. */
export const SAVED_STATE_VERSION = 1;

export const EMPTY_STATE: SavedState = { lastCgroup: {}, connectedHosts: [] };

export function encodeState(state: {
  readonly [K in keyof SavedState]?: SavedState[K] | undefined;
}): unknown {
  return { version: SAVED_STATE_VERSION, ...state };
}

/** Reads what {@link encodeState} wrote; a part that does not fit is dropped on its own. */
export function decodeState(value: unknown): SavedState {
  if (!isRecord(value) || value['version'] !== SAVED_STATE_VERSION) {
    return EMPTY_STATE;
  }
  const lastProgram = readProgram(value['lastProgram']);
  const socketOrder = readOrder(value['socketOrder']);
  const active = value['active'];
  const cgroups = isRecord(value['lastCgroup']) ? Object.entries(value['lastCgroup']) : [];
  const connected: unknown[] = Array.isArray(value['connectedHosts']) ? value['connectedHosts'] : [];
  const recentLogs: unknown[] = Array.isArray(value['recentLogs']) ? value['recentLogs'] : [];
  const recent = recentLogs.filter(path => typeof path === 'string');
  return {
    ...text(value, 'lastHost'),
    ...(lastProgram === undefined ? {} : { lastProgram }),
    lastCgroup: Object.fromEntries(
      cgroups.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    connectedHosts: connected.filter(id => typeof id === 'string'),
    ...(isRecord(active) && typeof active['hostId'] === 'string' && typeof active['name'] === 'string'
      ? { active: { hostId: active['hostId'], name: active['name'] } }
      : {}),
    ...text(value, 'socketFilter'),
    ...(socketOrder === undefined ? {} : { socketOrder }),
    ...(recent.length === 0 ? {} : { recentLogs: recent }),
  };
}

function text<K extends string>(value: Record<string, unknown>, key: K): Partial<Record<K, string>> {
  const item = value[key];
  const result: Partial<Record<K, string>> = {};
  if (typeof item === 'string' && item !== '') {
    result[key] = item;
  }
  return result;
}

function readProgram(value: unknown): ProgramChoice | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const { kind, path } = value;
  if (kind === 'builtin') {
    return { kind };
  }
  return (kind === 'source' || kind === 'object') && typeof path === 'string' ? { kind, path } : undefined;
}

function readOrder(value: unknown): SocketOrder | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const column = SOCKET_COLUMNS.find(c => c === value['column']);
  return column === undefined ? undefined : { column, descending: value['descending'] === true };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
