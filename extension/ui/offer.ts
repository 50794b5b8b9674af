// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { type CommandId, type CommandTarget, SETTING_SECTION, type SettingKey } from '../contrib/ids';

/** A button of a message, and what it does. */
export interface Offer {
  readonly title: string;
  readonly run: () => unknown;
}

/** One message with what can be done next; resolves when that is done or the message is closed. */
export async function offer(
  severity: 'information' | 'warning',
  message: string,
  ...offers: readonly Offer[]
): Promise<void> {
  const titles = offers.map(({ title }) => title);
  const chosen =
    severity === 'information'
      ? await vscode.window.showInformationMessage(message, ...titles)
      : await vscode.window.showWarningMessage(message, ...titles);
  await offers.find(({ title }) => title === chosen)?.run();
}

export function openSettingsOffer(key: SettingKey): Offer {
  return {
    title: vscode.l10n.t('Open Settings'),
    run: () => vscode.commands.executeCommand('workbench.action.openSettings', `${SETTING_SECTION}.${key}`),
  };
}

export function commandOffer(title: string, command: CommandId, target?: CommandTarget): Offer {
  return { title, run: () => vscode.commands.executeCommand(command, target) };
}
