// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../../core/util/disposable';

/** VS Code shares no longer documents with extensions (`_MODEL_SYNC_LIMIT` of its textModel.ts), so none can make one. */
const MAX_SHARED = 50 << 20;

export const isLong = (text: string): boolean => text.length > MAX_SHARED;

/** Texts that are too long for a document of ours: files, which VS Code opens by itself, gone with their tab. */
export class LongTexts implements Disposable {
  readonly #store = new DisposableStore();
  readonly #uris = new Map<string, vscode.Uri>();

  constructor() {
    this.#store.add(
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        for (const { input } of closed) if (input instanceof vscode.TabInputText) this.#drop(input.uri);
      }),
    );
  }

  /** Opens a text at a line, from 0. */
  async open(name: string, text: string, line = 0): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'sockmap-log-'));
    const uri = vscode.Uri.file(join(folder, `${name.replace(/[^\w.-]+/g, '_')}.log`));
    this.#uris.set(uri.toString(), uri);
    await writeFile(uri.fsPath, text, { mode: 0o400 });
    await vscode.commands.executeCommand('vscode.open', uri, {
      preview: true,
      selection: new vscode.Range(line, 0, line, 0),
    });
  }

  dispose(): void {
    this.#store.dispose();
    // Nobody waits for what is asynchronous here.
    for (const uri of this.#uris.values()) rmSync(dirname(uri.fsPath), { recursive: true, force: true });
    this.#uris.clear();
  }

  #drop(uri: vscode.Uri): void {
    // It may be open in another group still.
    const isOpen = vscode.window.tabGroups.all.some(({ tabs }) =>
      tabs.some(
        ({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString(),
      ),
    );
    if (isOpen || !this.#uris.delete(uri.toString())) return;
    void rm(dirname(uri.fsPath), { recursive: true, force: true }).catch(() => undefined);
  }
}
