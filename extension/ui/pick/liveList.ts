// SPDX-License-Identifier: Apache-2.0
import type * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import type { PickItem } from './quickPick';

/** Reads a list for what was typed. `request` ends when the text changes, `step` when the dialog is left. */
export type ReadItems<T> = (
  typed: string,
  request: AbortSignal,
  step: AbortSignal,
) => Promise<readonly PickItem<T>[]>;

const DEBOUNCE_MS = 150;

/** The list of a QuickPick that is read, and read anew for what is typed. */
export class LiveList<T> implements Disposable {
  readonly #quickPick: vscode.QuickPick<PickItem<T>>;
  readonly #read: ReadItems<T>;
  readonly #onError: (error: Error) => void;
  readonly #store = new DisposableStore();
  readonly #step = new AbortController();
  #request = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** The list for the text as it is now, while it is not there yet. */
  #loading: Promise<void> | undefined;
  #shown: readonly PickItem<T>[] = [];
  /** Set when the items were replaced and VS Code has not said yet which of them is active. */
  #unseen = false;

  constructor(quickPick: vscode.QuickPick<PickItem<T>>, read: ReadItems<T>, onError: (error: Error) => void) {
    this.#quickPick = quickPick;
    this.#read = read;
    this.#onError = onError;
    this.#store.add(
      quickPick.onDidChangeActive(active => {
        if (active.length > 0) {
          this.#unseen = false;
        }
      }),
    );
  }

  /** Reads the list once typing pauses. */
  readSoon(): void {
    this.#request.abort();
    this.#loading = undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(), DEBOUNCE_MS);
  }

  /** Reads the list for the text as it is now. */
  read(): Promise<void> {
    this.#request.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#request = new AbortController();
    this.#loading = this.#load(this.#request.signal);
    return this.#loading;
  }

  /**
   * What Enter takes: never something that was listed for an earlier text. What stands in both lists was seen, and is
   * taken as it was selected; else the new list decides.
   */
  async accepted(): Promise<T | undefined> {
    const pending = this.#timer === undefined ? this.#loading : this.read();
    const [selected] = this.#quickPick.selectedItems;
    // Who typed nothing and saw nothing chose nothing.
    if (pending === undefined || (selected === undefined && this.#quickPick.value.trim() === '')) {
      return selected?.value;
    }
    const { signal } = this.#request;
    const outdated = () => signal.aborted;
    await pending;
    if (outdated()) {
      return undefined;
    }
    const seen = JSON.stringify(selected);
    const kept = this.#shown.find(item => JSON.stringify(item) === seen);
    if (kept !== undefined) {
      return kept.value;
    }
    await this.#activation(signal);
    return outdated() ? undefined : this.#quickPick.activeItems[0]?.value;
  }

  dispose(): void {
    this.#store.dispose();
    this.#step.abort();
    this.#request.abort();
    clearTimeout(this.#timer);
  }

  async #load(signal: AbortSignal): Promise<void> {
    const quickPick = this.#quickPick;
    quickPick.busy = true;
    try {
      const items = await this.#read(quickPick.value, signal, this.#step.signal);
      if (signal.aborted) {
        return;
      }
      this.#loading = undefined;
      // What did not change is not set again: a click may be on its way.
      if (JSON.stringify(items) !== JSON.stringify(this.#shown)) {
        this.#shown = items;
        this.#unseen = true;
        quickPick.items = items;
      }
      quickPick.busy = false;
    } catch (error) {
      if (!signal.aborted) {
        this.#onError(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** VS Code filters and sorts the new items elsewhere and then tells which one is active; none when none is left. */
  #activation(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (!this.#unseen || !this.#shown.some(item => item.value !== undefined)) {
        resolve();
        return;
      }
      const subscription = this.#quickPick.onDidChangeActive(active => {
        if (active.length > 0) {
          end();
        }
      });
      const end = () => {
        subscription.dispose();
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
