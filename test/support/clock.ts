// SPDX-License-Identifier: Apache-2.0
import { type Disposable, toDisposable } from '../../extension/core/util/disposable';
import type { Clock } from '../../extension/host/clock';

/** Time that passes when told to. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  get pending(): number {
    return this.#timers.length;
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.push(timer);
    return toDisposable(() => {
      this.#timers = this.#timers.filter(other => other !== timer);
    });
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        break;
      }
      this.#now = next.at;
      this.#timers = this.#timers.filter(timer => timer !== next);
      next.callback();
    }
    this.#now = end;
  }
}
