// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { CONTEXT_KEYS, type ContextKey } from '../contrib/ids';
import type { Disposable } from '../core/util/disposable';

/** Context keys of when-clauses; a write that changes nothing is skipped, the end resets them all. */
export class ContextKeys implements Disposable {
  readonly #values = new Map<ContextKey, boolean>();

  set(key: ContextKey, value: boolean): void {
    if (this.#values.get(key) !== value) {
      this.#values.set(key, value);
      void vscode.commands.executeCommand('setContext', CONTEXT_KEYS[key], value);
    }
  }

  dispose(): void {
    for (const key of this.#values.keys()) {
      void vscode.commands.executeCommand('setContext', CONTEXT_KEYS[key], undefined);
    }
    this.#values.clear();
  }
}
