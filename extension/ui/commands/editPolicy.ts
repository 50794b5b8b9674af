// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { withProgress } from '../progress';
import type { Services } from '../services';
import { chooseAttachment } from './pickTargets';

/** Opens the policy of an attachment; saving the document puts it in force. */
export async function editPolicy(services: Services, target: CommandTarget): Promise<void> {
  const title = vscode.l10n.t('Edit Policy');
  const chosen = await chooseAttachment(services, target, title, ({ policyRules }) => policyRules !== null);
  if (chosen === undefined) {
    return;
  }
  const { host, name } = chosen;
  await withProgress(vscode.l10n.t('Sockmap: reading the policy of {0}', name), task =>
    services.policies.open(host, name, task.signal),
  );
}
