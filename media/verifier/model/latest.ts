// SPDX-License-Identifier: Apache-2.0
import { type CallOptions, MessengerError } from '../../../extension/protocol/messenger';

/** Runs requests of which only the last one counts: a new one gives up the one before. */
export class Latest {
  #cancel: (() => void) | undefined;
  #turn = 0;

  /** The answer; undefined when it was given up. Rejects with what the request rejects with. */
  async run<T>(request: (options: CallOptions) => Promise<T>): Promise<T | undefined> {
    this.stop();
    const turn = this.#turn;
    try {
      const answer = await request({ cancel: cancel => (this.#cancel = cancel) });
      return turn === this.#turn ? answer : undefined;
    } catch (error) {
      if (turn !== this.#turn || wasGivenUp(error)) return undefined;
      throw error;
    } finally {
      if (turn === this.#turn) this.#cancel = undefined;
    }
  }

  stop(): void {
    this.#turn++;
    const cancel = this.#cancel;
    this.#cancel = undefined;
    cancel?.();
  }
}

/** Nobody needs to hear about it. */
export const wasGivenUp = (error: unknown): boolean =>
  error instanceof MessengerError && (error.kind === 'cancelled' || error.kind === 'closed');
