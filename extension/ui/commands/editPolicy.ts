// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { withProgress } from '../progress';
import type { Services } from '../services';
import { chooseAttachment } from './chooseAttachment';
import type { Invocation } from './invocation';

/** Opens the policy of an attachment; saving the document puts it in force. */
export async function editPolicy(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const chosen = await chooseAttachment(services, invocation, {
    title: vscode.l10n.t('Edit Policy'),
    fits: ({ policyRules }) => policyRules !== null,
    unfit: names =>
      vscode.l10n.t('What is attached takes no policy ({0}): only the built-in datapath does.', names),
  });
  if (chosen === undefined) {
    return;
  }
  const { host, name } = chosen;
  await withProgress(vscode.l10n.t('Sockmap: reading the policy of {0}', name), task =>
    services.policies.open(host, name, task.signal),
  );
}
