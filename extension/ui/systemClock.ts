// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../core/util/clock';
import { toDisposable } from '../core/util/disposable';

export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return toDisposable(() => clearTimeout(timer));
  },
};
