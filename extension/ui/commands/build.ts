// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { commandOffer, offer } from '../offer';
import { withProgress } from '../progress';
import type { Services } from '../services';
import type { Invocation } from './invocation';
import { makeObject } from './program';
import { chooseProgram } from './verify';

/** Builds only; the object stays where Attach and Verify look for it. */
export async function build(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const program = await chooseProgram(services, invocation, vscode.l10n.t('Build'), false);
  if (program === undefined || program.kind === 'builtin') {
    return;
  }
  const { path } = await withProgress(vscode.l10n.t('Sockmap: building'), task =>
    makeObject(services, program, task),
  );
  // The command ends: nothing waits for the message.
  void offer(
    'information',
    vscode.l10n.t('Built {0}.', path),
    commandOffer(vscode.l10n.t('Attach…'), COMMANDS.attach, { file: program.path }),
    { title: vscode.l10n.t('Copy Path'), run: () => vscode.env.clipboard.writeText(path) },
  );
}
