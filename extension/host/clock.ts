// SPDX-License-Identifier: Apache-2.0
import type { Clock as PlainClock } from '../core/util/clock';
import { toDisposable } from '../core/util/disposable';

/** Time and chance, so that tests can do without either. */
export interface Clock extends PlainClock {
  /** 0 <= random < 1 */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return toDisposable(() => {
      clearTimeout(timer);
    });
  },
  random: () => Math.random(),
};
