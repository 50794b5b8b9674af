// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '../core/util/clock';
import type { Turns } from '../core/util/turns';

/** Turns of the extension host: between two of them it answers VS Code. */
export const turnsOf = (clock: Clock): Turns => ({
  now: () => clock.now(),
  pause: () => new Promise(resolve => setImmediate(resolve)),
});
