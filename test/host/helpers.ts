// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { join } from 'node:path';
import * as vscode from 'vscode';

export async function eventually<T>(
  what: string,
  check: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await check();
    if (found !== undefined) {
      return found;
    }
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

export function workspaceFile(file: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  return join(folder.uri.fsPath, file);
}
