// SPDX-License-Identifier: Apache-2.0
import type { Host } from './host';
import { Latest } from './latest';
import { Observable } from './observable';

/** What is looked for, how often it is there, and which of the places is shown. */
export class Search extends Observable {
  readonly #host: Host;
  readonly #show: (line: number) => void;
  readonly #failed: (error: unknown) => void;
  readonly #searching = new Latest();
  readonly #going = new Latest();
  query = '';
  count = 0;
  /** -1: none. */
  index = -1;
  running = false;
  /** It runs long enough for its progress to be told. */
  long = false;
  /** It was given up: nothing is known of the query. */
  cancelled = false;
  /** How much of the log was looked at, from 0 to 1. */
  share = 0;

  constructor(host: Host, tools: { show: (line: number) => void; failed: (error: unknown) => void }) {
    super();
    this.#host = host;
    this.#show = tools.show;
    this.#failed = tools.failed;
  }

  /** Looks for a query from a line on; with `show` goes to the first place. */
  async start(query: string, from: number, show: boolean): Promise<void> {
    this.#going.stop();
    this.query = query;
    this.share = 0;
    this.long = false;
    this.cancelled = false;
    this.#set(0, -1, query.trim() !== '');
    try {
      const result = await this.#searching.run(options =>
        // A log of millions of lines may take its time on a busy host.
        this.#host.request('search', { query, from }, { ...options, timeoutMs: 300_000 }),
      );
      if (!result) return;
      this.#set(result.count, result.index, false);
      if (show && result.line >= 0) this.#show(result.line);
    } catch (error) {
      this.#set(0, -1, false);
      this.#failed(error);
    }
  }

  /** Gives up what runs; the query stays. */
  cancel(): void {
    if (!this.running) return;
    this.#searching.stop();
    this.cancelled = true;
    this.#set(0, -1, false);
  }

  /** The next (1) or the previous (-1) place, around the ends. While it runs there is none: it goes to one itself. */
  async go(by: 1 | -1): Promise<void> {
    if (this.running || this.count === 0) return;
    this.#set(this.count, (this.index + by + this.count) % this.count, false);
    const { index } = this;
    try {
      const found = await this.#going.run(options => this.#host.request('match', { index }, options));
      if (found && found.line >= 0) this.#show(found.line);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Places found so far. */
  progress(count: number, share: number): void {
    if (!this.running) return;
    this.share = share;
    this.long = true;
    this.#set(count, -1, true);
  }

  #set(count: number, index: number, running: boolean): void {
    this.count = count;
    this.index = index;
    this.running = running;
    this.changed();
  }
}
