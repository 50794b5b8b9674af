// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { Offer } from '../offer';
import type { Services } from '../services';

/** Shows the user guide, which is shipped with the extension and links to its other pages. */
export async function openGuide({ guide }: Services): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreview', guide);
}

/** Shows a page of the guide, by the name of its file. */
export function guideOffer({ guide }: Pick<Services, 'guide'>, page: string): Offer {
  return {
    title: vscode.l10n.t('Open User Guide'),
    run: () => vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.joinPath(guide, '..', page)),
  };
}
