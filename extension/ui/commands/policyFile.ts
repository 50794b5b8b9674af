// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { baseName } from '../../core/attachPlan';
import { type PolicyMistake, policyMistake } from '../../core/policyText';
import { AgentError } from '../../host/api';
import { mistakeOf } from '../documents/policies';
import { ActionableError, retryAction, settingsAction } from '../errors';
import type { Services } from '../services';
import { saveOpen } from './savedFiles';

/** The policy of the setting `sockmap.policyFile`. */
export interface PolicyFile {
  readonly uri: vscode.Uri;
  readonly text: string;
}

/**
 * Reads the policy that the settings name, if any, and refuses what is no policy by its form: before anything is built.
 * A path that is not absolute is below the workspace's first folder.
 */
export async function readPolicyFile(services: Services): Promise<PolicyFile | undefined> {
  const path = services.config.path('policyFile');
  if (path === '') {
    return undefined;
  }
  const folder = vscode.workspace.workspaceFolders?.[0];
  const absolute = /^([\\/]|[A-Za-z]:[\\/])/.test(path);
  const uri =
    absolute || folder === undefined ? vscode.Uri.file(path) : vscode.Uri.joinPath(folder.uri, path);
  await saveOpen([uri.fsPath]);
  const file = { uri, text: await readText(uri) };
  services.policies.unmark(uri);
  const mistake = policyMistake(file.text);
  if (mistake !== undefined) {
    throw refuse(services, file, { ...mistake, message: mistakeText(mistake) });
  }
  return file;
}

/** What is thrown for an error of the agent: with the mistake marked when it is one in this file. */
export function policyFileError(services: Services, file: PolicyFile | undefined, error: unknown): unknown {
  if (file === undefined || !(error instanceof AgentError) || error.data?.kind !== 'badPolicy') {
    return error;
  }
  return refuse(services, file, mistakeOf(error, error.data), error);
}

async function readText(uri: vscode.Uri): Promise<string> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    throw new ActionableError(
      {
        code: 'internal',
        message: vscode.l10n.t('The policy file {0} cannot be read.', uri.fsPath),
        action: vscode.l10n.t('Correct or clear the setting sockmap.policyFile.'),
        detail: error instanceof Error ? error.message : String(error),
      },
      [settingsAction('policyFile'), retryAction()],
    );
  }
}

function refuse(
  services: Services,
  { uri, text }: PolicyFile,
  mistake: { readonly line: number; readonly column: number; readonly message: string },
  cause?: unknown,
): ActionableError {
  const range = services.policies.mark(uri, text, mistake);
  return new ActionableError(
    {
      code: 'internal',
      message: vscode.l10n.t('{0}, line {1}: {2}', baseName(uri.fsPath), mistake.line, mistake.message),
      action: vscode.l10n.t('Correct the policy, then try again.'),
    },
    [
      { kind: 'file', title: vscode.l10n.t('Open Policy File'), uri, range },
      settingsAction('policyFile'),
      retryAction(),
    ],
    { cause },
  );
}

function mistakeText({ fault, word }: PolicyMistake): string {
  const texts: Record<PolicyMistake['fault'], string> = {
    start: vscode.l10n.t('A rule begins with chain, not with "{0}".', word),
    option: vscode.l10n.t('There is no option "{0}" (--ip, --port, --uid-owner, --gid-owner, -j).', word),
    value: vscode.l10n.t('{0} needs a value.', word),
    action: vscode.l10n.t('"{0}" is neither ACCEPT nor RETURN.', word),
  };
  return texts[fault];
}
