// SPDX-License-Identifier: Apache-2.0

/** Something whose listeners hear of every change. */
export class Observable {
  readonly #listeners = new Set<() => void>();

  /** Gives the function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
