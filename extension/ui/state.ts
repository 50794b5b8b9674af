// SPDX-License-Identifier: Apache-2.0
import type * as vscode from 'vscode';
import { type SavedState, decodeState, encodeState } from '../core/savedState';
import { type Event, Emitter } from '../core/util/emitter';

const KEY = 'sockmap.state';

/** The typed part of the workspace's memento. */
export class StateStore {
  readonly #memento: vscode.Memento;
  readonly #changed = new Emitter<SavedState>();
  #value: SavedState;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
    this.#value = decodeState(memento.get<unknown>(KEY));
  }

  readonly onDidChange: Event<SavedState> = listener => this.#changed.event(listener);

  get value(): SavedState {
    return this.#value;
  }

  /** Writes what differs; a key given as undefined is removed. */
  update(change: { readonly [K in keyof SavedState]?: SavedState[K] | undefined }): void {
    // Decoding drops the keys that are undefined.
    const next = decodeState(encodeState({ ...this.#value, ...change }));
    if (JSON.stringify(next) === JSON.stringify(this.#value)) {
      return;
    }
    this.#value = next;
    void this.#memento.update(KEY, encodeState(next));
    this.#changed.fire(next);
  }
}
