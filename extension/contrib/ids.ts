// SPDX-License-Identifier: Apache-2.0
/**
 * Every id that package.json and the code share. The manifest test compares both directions, so an id that
 * is declared here and not contributed there (or the reverse) fails.
 */
import type { PairingChoice } from '../protocol/agent';

/**
 * What a command may be given, by a tree item, a link or a keybinding; nothing from the palette. What is
 * there is not asked for.
 */
export interface CommandTarget {
  readonly hostId?: string;
  /** Name of an attachment on that host. */
  readonly attachment?: string;
  readonly mapId?: number;
  /** Path of a `.bpf.c` source or `.bpf.o` object on this machine, or `builtin` for our datapath. */
  readonly file?: string;
  /** All paths of that kind when several are selected; `file` is one of them. */
  readonly files?: readonly string[];
  /** Path of a cgroup on the host. */
  readonly cgroup?: string;
  /** Id of a node of a tree, or of a verifier run. */
  readonly id?: string;
  /** The view whose selection is meant, from a keybinding. */
  readonly view?: string;
}

export const COMMANDS = {
  attach: 'sockmap.attach',
  detach: 'sockmap.detach',
  capture: 'sockmap.capture',
  addHost: 'sockmap.addHost',
  removeHost: 'sockmap.removeHost',
  connect: 'sockmap.connect',
  disconnect: 'sockmap.disconnect',
  build: 'sockmap.build',
  verify: 'sockmap.verify',
  verifyAllHosts: 'sockmap.verifyAllHosts',
  showVerifierLog: 'sockmap.showVerifierLog',
  toggleLineVisits: 'sockmap.toggleLineVisits',
  refresh: 'sockmap.refresh',
  copyDiagnostics: 'sockmap.copyDiagnostics',
  showLog: 'sockmap.showLog',
  connectInTerminal: 'sockmap.connectInTerminal',
  revealAttachment: 'sockmap.revealAttachment',
  loadMore: 'sockmap.loadMore',
  copyValue: 'sockmap.copyValue',
  copyPinPath: 'sockmap.copyPinPath',
  copyProgramId: 'sockmap.copyProgramId',
  filterSockets: 'sockmap.filterSockets',
  clearSocketFilter: 'sockmap.clearSocketFilter',
  sortSockets: 'sockmap.sortSockets',
  openSource: 'sockmap.openSource',
  openVerifierLog: 'sockmap.openVerifierLog',
  openVerifierLogInEditor: 'sockmap.openVerifierLogInEditor',
  openVerifierLogAsText: 'sockmap.openVerifierLogAsText',
  copyVerifierLogLine: 'sockmap.copyVerifierLogLine',
  goToVerifierLogSource: 'sockmap.goToVerifierLogSource',
  traceVerifierLogValue: 'sockmap.traceVerifierLogValue',
  editPolicy: 'sockmap.editPolicy',
  openGuide: 'sockmap.openGuide',
} as const;
export type CommandKey = keyof typeof COMMANDS;
export type CommandId = (typeof COMMANDS)[CommandKey];

export const VIEW_CONTAINER = 'sockmap';
export const PANEL_CONTAINER = 'sockmap-panel';
export const VIEWS = {
  hosts: 'sockmap.hosts',
  maps: 'sockmap.maps',
  verifierLog: 'sockmap.verifierLog',
} as const;
/** Type of the editors that show a verifier log. */
export const VERIFIER_EDITOR = 'sockmap.verifierLogEditor';
export const WALKTHROUGH = 'sockmap.start';

/** Context keys that the extension sets, with the type of each value. */
export const CONTEXT_KEYS = {
  /** The extension runs: until then nothing is known of hosts. */
  active: 'sockmap.active',
  /** There is a host to work with. */
  hasHosts: 'sockmap.hasHosts',
  /** There is a host behind SSH, which can be removed. */
  hasSshHosts: 'sockmap.hasSshHosts',
  /** A host is not connected. */
  hasIdleHost: 'sockmap.hasIdleHost',
  /** A host is connected, or is being connected. */
  hasConnection: 'sockmap.hasConnection',
  hasReadyHost: 'sockmap.hasReadyHost',
  hasAttachment: 'sockmap.hasAttachment',
  hasVerifierLog: 'sockmap.hasVerifierLog',
  /** A filter of the Map Explorer is set. */
  hasSocketFilter: 'sockmap.hasSocketFilter',
} as const;
export type ContextKey = keyof typeof CONTEXT_KEYS;

export const SETTING_SECTION = 'sockmap';

/** Types of the settings below `sockmap.`; their defaults live in package.json only. */
export interface SettingTypes {
  'clang.path': string;
  'clang.flags': readonly string[];
  'ssh.path': string;
  agentPath: string;
  /** Elements of `HostSetting`, or whatever was written by hand: `readHostSettings` says which. */
  hosts: readonly unknown[];
  defaultCgroup: string;
  pairing: PairingChoice;
  maxSockets: number;
  edgeReaders: boolean;
  policyFile: string;
  refreshInterval: number;
  'detach.drainTimeout': number;
  'verify.logLevel': number;
  'verify.keepRuns': number;
  'editor.codeLens': boolean;
  'editor.lineVisits': boolean;
  'verifierLog.followCursor': boolean;
}
export const SETTINGS = [
  'clang.path',
  'clang.flags',
  'ssh.path',
  'agentPath',
  'hosts',
  'defaultCgroup',
  'pairing',
  'maxSockets',
  'edgeReaders',
  'policyFile',
  'refreshInterval',
  'detach.drainTimeout',
  'verify.logLevel',
  'verify.keepRuns',
  'editor.codeLens',
  'editor.lineVisits',
  'verifierLog.followCursor',
] as const satisfies readonly (keyof SettingTypes)[];
export type SettingKey = keyof SettingTypes;

/** Scheme of the read-only documents that hold verifier logs, and their language. */
export const LOG_SCHEME = 'sockmap-log';
export const LOG_LANGUAGE = 'sockmap-verifier-log';

/** Scheme of the policies of attachments, which are documents that can be saved. */
export const POLICY_SCHEME = 'sockmap-policy';

/** View type of the table of hosts and programs. */
export const HOST_TABLE = 'sockmap.hostTable';
