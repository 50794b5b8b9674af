// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './util/clock';
import type { Disposable } from './util/disposable';

/** How long a view is left alone after a tooltip was asked for: drawing any of its rows closes the tooltip. */
export const HOLD_MS = 6000;

/** Puts off the drawing of changed figures while somebody reads a tooltip. */
export class Hold implements Disposable {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, () => void>();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A tooltip is shown now. */
  take(): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(HOLD_MS, () => {
      this.#timer = undefined;
      const actions = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const action of actions) {
        action();
      }
    });
  }

  /** Runs the action, at once or when the hold ends; the newest of a key stands for those before it. */
  run(key: string, action: () => void): void {
    if (this.#timer === undefined) {
      action();
    } else {
      this.#waiting.set(key, action);
    }
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#waiting.clear();
  }
}
