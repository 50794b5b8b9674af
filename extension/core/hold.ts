// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './util/clock';

/** How long a row whose tooltip was asked for is left alone: drawing it again would close the tooltip. */
export const HOLD_MS = 8000;

/** The row under the pointer. */
export class Hold {
  readonly #clock: Clock;
  #id: string | undefined;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(id: string): void {
    this.#id = id;
    this.#since = this.#clock.now();
  }

  has(id: string): boolean {
    return id === this.#id && this.#clock.now() - this.#since < HOLD_MS;
  }
}
