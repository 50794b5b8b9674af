// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandKey, type CommandTarget } from '../../contrib/ids';
import { programOfFile } from '../../core/attachPlan';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { isCancellation, reportOf, type RetryAction, showReport } from '../errors';
import type { Services } from '../services';
import { addHost } from './addHost';
import { attach } from './attach';
import { build } from './build';
import { capture } from './capture';
import { detach } from './detach';
import { copyDiagnostics } from './diagnostics';
import { editPolicy } from './editPolicy';
import { openGuide } from './guide';
import { Invocation } from './invocation';
import { connect, connectInTerminal, disconnect, removeHost } from './hosts';
import { buildFiles, verifyFiles } from './selectedFiles';
import {
  copyVerifierLogLine,
  goToVerifierLogSource,
  openVerifierLog,
  openVerifierLogAsText,
  openVerifierLogInEditor,
  traceVerifierLogValue,
} from './verifierLog';
import { showVerifierLog, toggleLineVisits, verify } from './verify';
import { verifyAllHosts } from './verifyAllHosts';
import {
  clearSocketFilter,
  copyPinPath,
  copyProgramId,
  copyValue,
  filterSockets,
  loadMore,
  openSource,
  refresh,
  revealAttachment,
  showLog,
  sortSockets,
} from './views';

/** `target` is what is known from the start; answers that an attempt gets are kept in the invocation. */
type Handler = (services: Services, target: CommandTarget, invocation: Invocation) => Promise<unknown>;

const HANDLERS: { readonly [K in CommandKey]: Handler } = {
  attach,
  detach,
  capture,
  addHost,
  removeHost,
  connect,
  disconnect,
  build: (services, target, invocation) =>
    target.files === undefined ? build(services, target, invocation) : buildFiles(services, target),
  verify: (services, target, invocation) =>
    (target.files === undefined ? verify : verifyFiles)(services, target, invocation),
  verifyAllHosts,
  showVerifierLog,
  toggleLineVisits,
  refresh,
  copyDiagnostics,
  showLog,
  connectInTerminal,
  revealAttachment,
  loadMore,
  copyValue,
  copyPinPath,
  copyProgramId,
  filterSockets,
  clearSocketFilter,
  sortSockets,
  openSource,
  openVerifierLog,
  openVerifierLogInEditor,
  openVerifierLogAsText,
  copyVerifierLogLine,
  goToVerifierLogSource,
  traceVerifierLogValue,
  editPolicy,
  openGuide,
};

/** These start no process: what they read of the workspace is only shown. */
const UNTRUSTED: ReadonlySet<CommandKey> = new Set([
  'showLog',
  'copyDiagnostics',
  'showVerifierLog',
  'openVerifierLog',
  'openVerifierLogInEditor',
  'openVerifierLogAsText',
  'copyVerifierLogLine',
  'goToVerifierLogSource',
  'traceVerifierLogValue',
  'openGuide',
]);

export function registerCommands(services: Services): Disposable {
  const store = new DisposableStore();
  for (const key of Object.keys(COMMANDS) as CommandKey[]) {
    store.add(
      vscode.commands.registerCommand(COMMANDS[key], (argument: unknown, selected: unknown) =>
        run(services, key, targetOf(argument, selected)),
      ),
    );
  }
  return store;
}

/** One way for every command: log, trust, cancellation, and errors as one message. */
async function run(services: Services, key: CommandKey, target: CommandTarget): Promise<void> {
  if (!vscode.workspace.isTrusted && !UNTRUSTED.has(key)) {
    await askForTrust();
    return;
  }
  const invocation = new Invocation(target);
  for (;;) {
    const again = await attempt(services, key, invocation);
    if (again === undefined) {
      return;
    }
    invocation.forget(again.without ?? []);
  }
}

/** Resolves with how the person wants to try again after a failure. */
async function attempt(
  services: Services,
  key: CommandKey,
  invocation: Invocation,
): Promise<RetryAction | undefined> {
  const { log } = services;
  const start = performance.now();
  log.debug(`command ${key} ${JSON.stringify(invocation.target)}`);
  try {
    await HANDLERS[key](services, invocation.target, invocation);
    log.debug(`command ${key} ended after ${Math.round(performance.now() - start)} ms`);
    return undefined;
  } catch (error) {
    if (isCancellation(error)) {
      log.info(`command ${key} was cancelled`);
      return undefined;
    }
    const report = reportOf(error, invocation.target);
    log.error(`command ${key}: ${report.message}`);
    if (report.detail !== undefined) {
      log.error(report.detail);
    }
    return showReport(report);
  }
}

async function askForTrust(): Promise<void> {
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Sockmap starts compilers and agents only in a trusted workspace.'),
    manage,
  );
  if (chosen === manage) {
    await vscode.commands.executeCommand('workbench.trust.manage');
  }
}

/** The ids in what VS Code hands over: a tree node, a file and all that are selected with it, a target of our own, or nothing. */
function targetOf(argument: unknown, selected: unknown): CommandTarget {
  if (argument instanceof vscode.Uri) {
    // The title of an editor with a page gives the page's own address.
    if (argument.scheme === 'webview-panel') return {};
    const all: readonly unknown[] = Array.isArray(selected) ? selected : [];
    const files = all
      .flatMap(item => (item instanceof vscode.Uri ? [item.fsPath] : []))
      .filter(path => programOfFile(path) !== undefined);
    return files.length > 1 ? { file: argument.fsPath, files } : { file: argument.fsPath };
  }
  if (typeof argument !== 'object' || argument === null) {
    return {};
  }
  const text = <K extends 'hostId' | 'attachment' | 'file' | 'cgroup' | 'id' | 'view'>(key: K) => {
    const value: unknown = Reflect.get(argument, key);
    const part: { [P in K]?: string } = {};
    if (typeof value === 'string') {
      part[key] = value;
    }
    return part;
  };
  const mapId: unknown = Reflect.get(argument, 'mapId');
  return {
    ...text('hostId'),
    ...text('attachment'),
    ...text('file'),
    ...text('cgroup'),
    ...text('id'),
    ...text('view'),
    ...(typeof mapId === 'number' ? { mapId } : {}),
  };
}
