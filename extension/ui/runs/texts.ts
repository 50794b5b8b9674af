// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';

/** What a file holds now: as edited when it is open, else as it is on the disk; undefined when there is none. */
export async function currentText(path: string): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find(
    document => document.uri.scheme === 'file' && document.uri.fsPath === path,
  );
  return open?.getText() ?? (await readFile(path, 'utf8').catch(() => undefined));
}
