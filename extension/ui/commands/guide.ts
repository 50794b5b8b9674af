// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { Services } from '../services';

/** Shows the user guide, which is shipped with the extension and links to its other pages. */
export async function openGuide({ guide }: Services): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreview', guide);
}
