// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './util/clock';
import type { Disposable } from './util/disposable';

export interface RefresherOptions {
  readonly clock: Clock;
  /** One round; it never runs twice at once. Its rejections go to `onError`. */
  readonly run: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** Requests that come within this time are one round. Default 50 ms. */
  readonly debounceMs?: number;
}

/**
 * Decides when a view is read again: every interval while somebody looks at it, soon after a request, never
 * twice at once, and the interval counts from the end of a round so that a slow host is not flooded.
 */
export class Refresher implements Disposable {
  readonly #options: RefresherOptions;
  #disposed = false;
  #intervalMs = 0;
  #active = false;
  #timer: Disposable | undefined;
  /** {@link #timer} is that of a request, which no change of the interval or of who looks takes back. */
  #requested = false;
  #running: Promise<void> | undefined;
  #again = false;
  #lastEnd: number | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** 0 turns the periodic rounds off; requests still work. */
  setInterval(intervalMs: number): void {
    if (intervalMs !== this.#intervalMs) {
      this.#intervalMs = intervalMs;
      this.#schedule();
    }
  }

  /** Whether somebody looks. The first look after a while is a round at once. */
  setActive(active: boolean): void {
    if (active === this.#active) {
      return;
    }
    this.#active = active;
    const now = this.#options.clock.now();
    const stale =
      this.#lastEnd === undefined || (this.#intervalMs > 0 && now - this.#lastEnd >= this.#intervalMs);
    if (active && stale) {
      this.request();
    } else {
      this.#schedule();
    }
  }

  /** A round soon, whether active or not. */
  request(): void {
    if (this.#disposed) {
      return;
    }
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#requested = true;
    this.#timer?.dispose();
    this.#timer = this.#options.clock.after(this.#options.debounceMs ?? 50, () => void this.runNow());
  }

  /** A round that starts now, or after the running one; resolves when it ended. */
  async runNow(): Promise<void> {
    if (this.#running !== undefined) {
      this.#again = false;
      await this.#running;
    }
    if (this.#running !== undefined) {
      return this.#running;
    }
    this.#requested = false;
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.#disposed) {
      this.#running = this.#round();
      await this.#running;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  async #round(): Promise<void> {
    try {
      await this.#options.run();
    } catch (error) {
      if (!this.#disposed) {
        this.#options.onError(error);
      }
    }
    this.#running = undefined;
    this.#lastEnd = this.#options.clock.now();
    if (this.#again) {
      this.#again = false;
      this.request();
    } else {
      this.#schedule();
    }
  }

  #schedule(): void {
    if (this.#running !== undefined || this.#requested) {
      return;
    }
    this.#timer?.dispose();
    this.#timer = undefined;
    if (this.#active && this.#intervalMs > 0 && !this.#disposed) {
      this.#timer = this.#options.clock.after(this.#intervalMs, () => void this.runNow());
    }
  }
}
