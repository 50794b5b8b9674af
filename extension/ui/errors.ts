// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import {
  COMMANDS,
  type CommandId,
  type CommandTarget,
  SETTINGS,
  SETTING_SECTION,
  type SettingKey,
} from '../contrib/ids';
import type { Problem } from '../core/hosts';
import { ProblemError } from '../core/problem';
import { AgentError } from '../host/api';
import { logTarget, RefusedError } from './runs/refusal';

export type ErrorAction =
  | {
      readonly kind: 'command';
      readonly title: string;
      readonly command: CommandId;
      readonly target?: CommandTarget;
      /** It mends what failed: Retry is offered again when it is done. */
      readonly thenRetry?: boolean;
    }
  | { readonly kind: 'settings'; readonly title: string; readonly query: string }
  | { readonly kind: 'file'; readonly title: string; readonly uri: vscode.Uri; readonly range: vscode.Range }
  | { readonly kind: 'problems'; readonly title: string }
  | RetryAction;

export interface RetryAction {
  readonly kind: 'retry';
  readonly title: string;
  /** Answers that led to the failure and are asked for again. */
  readonly without?: readonly (keyof CommandTarget)[];
}

/** A problem that has ways out of its own. */
export class ActionableError extends ProblemError {
  constructor(
    problem: Problem,
    readonly actions: readonly ErrorAction[],
    options?: { cause?: unknown },
  ) {
    super(problem, options);
  }
}

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
      actions: [...(error instanceof ActionableError ? error.actions : problemActions(problem, target)), log],
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
  const retry = retryAction();
  const terminal: ErrorAction = {
    ...command(vscode.l10n.t('Connect in Terminal'), COMMANDS.connectInTerminal, target),
    thenRetry: true,
  };
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
      return [settingsAction('hosts'), retry];
    case 'sshMissing':
      return [settingsAction('ssh.path'), retry];
    case 'agentMissing':
    case 'protocolMismatch':
      return [settingsAction('agentPath'), retry];
    case 'clangMissing':
      return [settingsAction('clang.path'), retry];
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
      return [
        command(
          vscode.l10n.t('Show Verifier Log'),
          COMMANDS.showVerifierLog,
          error instanceof RefusedError ? logTarget(error.run) : undefined,
        ),
      ];
    case 'busy':
    case 'system':
    case 'notPermitted':
    case 'noBpffs':
      return [retryAction()];
    case 'exists':
      return [{ kind: 'retry', title: vscode.l10n.t('Choose Another Name'), without: ['attachment'] }];
    case 'noCgroup':
      return [{ kind: 'retry', title: vscode.l10n.t('Choose Another Cgroup'), without: ['cgroup'] }];
    case 'ambiguous':
    case 'badObject':
    case 'badPolicy':
    case 'cancelled':
    case 'invalidParams':
    case 'notFound':
    case 'protocol':
    case undefined:
      return [];
    case 'unsupported': {
      const key = settingIn(error.data.action ?? '');
      return key === undefined ? [] : [settingsAction(key), retryAction()];
    }
  }
}

/** The setting that a sentence of the agent names. */
function settingIn(text: string): SettingKey | undefined {
  const words: readonly string[] = text.match(/[\w.]*\w/g) ?? [];
  return SETTINGS.find(key => words.includes(`${SETTING_SECTION}.${key}`));
}

/** Shows one message; resolves with what the person chose of its ways to try again. */
export async function showReport(report: ErrorReport): Promise<RetryAction | undefined> {
  const titles = report.actions.map(action => action.title);
  const chosen = await vscode.window.showErrorMessage(report.message, ...titles);
  const action = report.actions.find(item => item.title === chosen);
  switch (action?.kind) {
    case 'command':
      await vscode.commands.executeCommand(action.command, action.target);
      return action.thenRetry === true ? await askToRetry() : undefined;
    case 'settings':
      await vscode.commands.executeCommand('workbench.action.openSettings', action.query);
      return undefined;
    case 'file':
      await vscode.window.showTextDocument(action.uri, { selection: action.range });
      return undefined;
    case 'problems':
      await vscode.commands.executeCommand('workbench.actions.view.problems');
      return undefined;
    case 'retry':
      return action;
    case undefined:
      return undefined;
  }
}

async function askToRetry(): Promise<RetryAction | undefined> {
  const retry = retryAction();
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('The terminal is closed. Retry when the host has let you in.'),
    retry.title,
  );
  return chosen === retry.title ? retry : undefined;
}

export function sentences(message: string, action: string | undefined): string {
  const end = /[.!?…]$/.test(message) ? message : `${message}.`;
  return action === undefined || action === '' ? end : `${end} ${action}`;
}

function command(title: string, id: CommandId, target?: CommandTarget): ErrorAction & { kind: 'command' } {
  return { kind: 'command', title, command: id, ...(target === undefined ? {} : { target }) };
}

export function settingsAction(key: SettingKey): ErrorAction {
  return { kind: 'settings', title: vscode.l10n.t('Open Settings'), query: `${SETTING_SECTION}.${key}` };
}

export function retryAction(): RetryAction {
  return { kind: 'retry', title: vscode.l10n.t('Retry') };
}
