// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandKey, type CommandTarget } from '../../contrib/ids';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { isCancellation, reportOf, showReport } from '../errors';
import type { Services } from '../services';
import { addHost } from './addHost';
import { attach } from './attach';
import { detach } from './detach';
import { copyDiagnostics } from './diagnostics';
import { editPolicy } from './editPolicy';
import { openGuide } from './guide';
import { connect, connectInTerminal, disconnect, removeHost } from './hosts';
import {
  copyVerifierLogLine,
  goToVerifierLogSource,
  openVerifierLog,
  openVerifierLogAsText,
  openVerifierLogInEditor,
} from './verifierLog';
import { build, showVerifierLog, toggleLineVisits, verify } from './verify';
import { verifyAllHosts } from './verifyAllHosts';
import {
  clearSocketFilter,
  copyValue,
  filterSockets,
  loadMore,
  openSource,
  refresh,
  revealAttachment,
  showLog,
  sortSockets,
} from './views';

type Handler = (services: Services, target: CommandTarget) => Promise<unknown>;

const HANDLERS: { readonly [K in CommandKey]: Handler } = {
  attach,
  detach,
  addHost,
  removeHost,
  connect,
  disconnect,
  build,
  verify,
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
  filterSockets,
  clearSocketFilter,
  sortSockets,
  openSource,
  openVerifierLog,
  openVerifierLogInEditor,
  openVerifierLogAsText,
  copyVerifierLogLine,
  goToVerifierLogSource,
  editPolicy,
  openGuide,
};

/** These start no process and read nothing of the workspace. */
const UNTRUSTED: ReadonlySet<CommandKey> = new Set([
  'showLog',
  'copyDiagnostics',
  'showVerifierLog',
  'openVerifierLog',
  'openVerifierLogInEditor',
  'openVerifierLogAsText',
  'copyVerifierLogLine',
  'goToVerifierLogSource',
  'openGuide',
]);

export function registerCommands(services: Services): Disposable {
  const store = new DisposableStore();
  for (const key of Object.keys(COMMANDS) as CommandKey[]) {
    store.add(
      vscode.commands.registerCommand(COMMANDS[key], (argument: unknown) =>
        run(services, key, targetOf(argument)),
      ),
    );
  }
  return store;
}

/** One way for every command: log, trust, cancellation, and errors as one message. */
async function run(services: Services, key: CommandKey, target: CommandTarget): Promise<void> {
  const { log } = services;
  if (!vscode.workspace.isTrusted && !UNTRUSTED.has(key)) {
    await askForTrust();
    return;
  }
  for (let again = true; again;) {
    again = false;
    const start = performance.now();
    log.debug(`command ${key} ${JSON.stringify(target)}`);
    try {
      await HANDLERS[key](services, target);
      log.debug(`command ${key} ended after ${Math.round(performance.now() - start)} ms`);
    } catch (error) {
      if (isCancellation(error)) {
        log.info(`command ${key} was cancelled`);
        return;
      }
      const report = reportOf(error, target);
      log.error(`command ${key}: ${report.message}`);
      if (report.detail !== undefined) {
        log.error(report.detail);
      }
      again = (await showReport(report)) !== undefined;
    }
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

/** The ids in what VS Code hands over: a tree node, a file, a target of our own, or nothing. */
function targetOf(argument: unknown): CommandTarget {
  if (argument instanceof vscode.Uri) {
    return { file: argument.fsPath };
  }
  if (typeof argument !== 'object' || argument === null) {
    return {};
  }
  const text = <K extends 'hostId' | 'attachment' | 'file' | 'cgroup' | 'id'>(key: K) => {
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
    ...(typeof mapId === 'number' ? { mapId } : {}),
  };
}
