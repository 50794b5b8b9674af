// SPDX-License-Identifier: Apache-2.0

/** Structurally what `vscode.Disposable` is, so that core, host and ui share one notion of an end. */
export interface Disposable {
  dispose(): void;
}

export function toDisposable(dispose: () => void): Disposable {
  let done = false;
  return {
    dispose() {
      if (!done) {
        done = true;
        dispose();
      }
    },
  };
}

/**
 * Owns what it is given and ends it in reverse order. What is added after the end is ended at once, so a
 * slow start cannot outlive its owner.
 */
export class DisposableStore implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) {
      item.dispose();
    } else {
      this.#items.add(item);
    }
    return item;
  }

  /** Ends one item early. */
  delete(item: Disposable): void {
    if (this.#items.delete(item)) {
      item.dispose();
    }
  }

  dispose(): void {
    this.#disposed = true;
    const items = [...this.#items].reverse();
    this.#items.clear();
    for (const item of items) {
      item.dispose();
    }
  }
}
