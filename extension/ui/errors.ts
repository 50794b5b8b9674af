// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandId, type CommandTarget } from '../contrib/ids';
import type { Problem } from '../core/hosts';
import { ProblemError } from '../core/problem';
import { AgentError } from '../host/api';

export type ErrorAction =
  | {
      readonly kind: 'command';
      readonly title: string;
      readonly command: CommandId;
      readonly target?: CommandTarget;
    }
  | { readonly kind: 'settings'; readonly title: string; readonly query: string }
  | { readonly kind: 'problems'; readonly title: string }
  | { readonly kind: 'retry'; readonly title: string };

export interface ErrorReport {
  /** One sentence, and one more with what to do where there is one. */
  readonly message: string;
  readonly actions: readonly ErrorAction[];
  /** For the log only. */
  readonly detail: string | undefined;
}

export function isCancellation(error: unknown): boolean {
  if (error instanceof ProblemError) {
    return error.problem.code === 'cancelled';
  }
  if (error instanceof AgentError) {
    return error.data?.kind === 'cancelled';
  }
  return error instanceof vscode.CancellationError;
}

/** What a person is told about a failure of a command that may know its host. */
export function reportOf(error: unknown, target?: CommandTarget): ErrorReport {
  const log = command(vscode.l10n.t('Open Log'), COMMANDS.showLog);
  if (error instanceof ProblemError) {
    const { problem } = error;
    return {
      message: sentences(problem.message, problem.action),
      actions: [...problemActions(problem, target), log],
      detail: problem.detail,
    };
  }
  if (error instanceof AgentError) {
    return {
      message: sentences(error.message, error.data?.action),
      actions: [...agentActions(error), log],
      detail: error.data?.log,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { message, actions: [log], detail: error instanceof Error ? error.stack : undefined };
}

export function problemActions(problem: Problem, target?: CommandTarget): readonly ErrorAction[] {
  const retry: ErrorAction = { kind: 'retry', title: vscode.l10n.t('Retry') };
  const terminal = command(vscode.l10n.t('Connect in Terminal'), COMMANDS.connectInTerminal, target);
  switch (problem.code) {
    case 'unknownHostKey':
    case 'changedHostKey':
    case 'loginRefused':
    case 'sudoNeedsPassword':
      return target?.hostId === undefined || target.hostId === 'local' ? [retry] : [terminal, retry];
    case 'unreachable':
    case 'connectionLost':
    case 'timeout':
    case 'delivery':
    case 'agentDamaged':
    case 'handshake':
    case 'notPermitted':
    case 'internal':
      return [retry];
    case 'badHost':
      return [settings('hosts'), retry];
    case 'sshMissing':
      return [settings('ssh.path'), retry];
    case 'agentMissing':
    case 'protocolMismatch':
      return [settings('agentPath'), retry];
    case 'clangMissing':
      return [settings('clang.path'), retry];
    case 'compile':
      return [{ kind: 'problems', title: vscode.l10n.t('Show Problems') }];
    case 'unsupportedArchitecture':
    case 'cancelled':
      return [];
  }
}

function agentActions(error: AgentError): readonly ErrorAction[] {
  switch (error.data?.kind) {
    case 'verifierRejected':
      return [command(vscode.l10n.t('Show Verifier Log'), COMMANDS.showVerifierLog, { id: 'newest' })];
    case 'busy':
    case 'system':
    case 'notPermitted':
    case 'noBpffs':
      return [{ kind: 'retry', title: vscode.l10n.t('Retry') }];
    case 'exists':
      return [{ kind: 'retry', title: vscode.l10n.t('Choose Another Name') }];
    case 'ambiguous':
    case 'badObject':
    case 'badPolicy':
    case 'cancelled':
    case 'invalidParams':
    case 'noCgroup':
    case 'notFound':
    case 'protocol':
    case 'unsupported':
    case undefined:
      return [];
  }
}

/** Shows one message; resolves with true when the person chose Retry. */
export async function showReport(report: ErrorReport): Promise<boolean> {
  const titles = report.actions.map(action => action.title);
  const chosen = await vscode.window.showErrorMessage(report.message, ...titles);
  const action = report.actions.find(item => item.title === chosen);
  switch (action?.kind) {
    case 'command':
      await vscode.commands.executeCommand(action.command, action.target);
      return false;
    case 'settings':
      await vscode.commands.executeCommand('workbench.action.openSettings', action.query);
      return false;
    case 'problems':
      await vscode.commands.executeCommand('workbench.actions.view.problems');
      return false;
    case 'retry':
      return true;
    case undefined:
      return false;
  }
}

export function sentences(message: string, action: string | undefined): string {
  const end = /[.!?…]$/.test(message) ? message : `${message}.`;
  return action === undefined || action === '' ? end : `${end} ${action}`;
}

function command(title: string, id: CommandId, target?: CommandTarget): ErrorAction {
  return { kind: 'command', title, command: id, ...(target === undefined ? {} : { target }) };
}

function settings(key: string): ErrorAction {
  return { kind: 'settings', title: vscode.l10n.t('Open Settings'), query: `sockmap.${key}` };
}
