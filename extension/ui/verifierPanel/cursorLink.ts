// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../../core/util/clock';
import { type Disposable, DisposableStore } from '../../core/util/disposable';

/** Moves of the cursor come in bursts. */
const SETTLE_MS = 80;

/** Tells where the cursor of a C file goes, but not where the log itself has put it. */
export class CursorLink implements Disposable {
  readonly #store = new DisposableStore();
  #timer: Disposable | undefined;
  /** The place that was opened from the log. */
  #led = '';

  constructor(
    options: { readonly clock: Clock; readonly follow: () => boolean },
    moved: (file: string, line: number, code: string) => void,
  ) {
    this.#store.add(
      vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const { uri } = textEditor.document;
        const line = selections[0]?.active.line;
        if (line === undefined || uri.scheme !== 'file' || !/\.[ch]$/.test(uri.path)) return;
        if (!options.follow() || placeKey(uri, line) === this.#led) return;
        this.#led = '';
        this.#timer?.dispose();
        const code = textEditor.document.lineAt(line).text.trim();
        this.#timer = options.clock.after(SETTLE_MS, () => moved(basename(uri.fsPath), line + 1, code));
      }),
    );
  }

  /** The log is about to put the cursor on a line, from 0. */
  led(uri: vscode.Uri, line: number): void {
    this.#led = placeKey(uri, line);
    this.#timer?.dispose();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#store.dispose();
  }
}

const placeKey = (uri: vscode.Uri, line: number): string => `${uri.toString()}#${line}`;
