// SPDX-License-Identifier: Apache-2.0
import type { Disposable } from '../core/util/disposable';
import { toDisposable } from '../core/util/disposable';

/** Time, so that tests can do without waiting. */
export interface Clock {
  /** Milliseconds that only count up. */
  now(): number;
  /** Calls back once unless disposed before. */
  after(delayMs: number, callback: () => void): Disposable;
  /** 0 <= random < 1 */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return toDisposable(() => {
      clearTimeout(timer);
    });
  },
  random: () => Math.random(),
};
