// SPDX-License-Identifier: Apache-2.0
import { HANDSHAKE_LIMIT_BYTES, HANDSHAKE_MARKER } from '../protocol/handshake';

/** Opens the lines of the bootstrap script; the nonce follows, as for the agent's own line. */
export const BOOT_MARKER = 'SOCKMAP-BOOT';

export type PreambleEvent =
  | { readonly kind: 'boot'; readonly words: readonly string[] }
  | { readonly kind: 'agent'; readonly version: number; readonly rest: Buffer }
  | { readonly kind: 'malformed'; readonly line: string }
  | { readonly kind: 'overflow' };

const BANNER_TAIL = 2048;

/**
 * Finds our lines between whatever a login shell prints. After `agent`, `malformed` or `overflow` it takes
 * nothing more; the bytes after the agent's line are `rest`.
 */
export class PreambleParser {
  #pending = Buffer.alloc(0);
  #skipped = 0;
  #banner = '';
  #done = false;

  constructor(
    readonly nonce: string,
    readonly limitBytes: number = HANDSHAKE_LIMIT_BYTES,
  ) {}

  /** The end of what was skipped, for an error's detail. */
  get banner(): string {
    return (this.#banner + this.#pending.toString('utf8')).slice(-BANNER_TAIL).trim();
  }

  push(chunk: Uint8Array): PreambleEvent[] {
    const events: PreambleEvent[] = [];
    if (this.#done) {
      return events;
    }
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const end = this.#pending.indexOf(0x0a);
      if (end < 0) {
        break;
      }
      const line = this.#pending.toString('utf8', 0, end).replace(/\r$/, '');
      const rest = this.#pending.subarray(end + 1);
      const event = this.#line(line, rest);
      this.#pending = rest;
      if (event === undefined) {
        this.#skipped += end + 1;
        this.#banner = `${this.#banner}${line}\n`.slice(-BANNER_TAIL);
      } else {
        events.push(event);
        if (event.kind !== 'boot') {
          this.#done = true;
          return events;
        }
      }
    }
    if (this.#skipped + this.#pending.length > this.limitBytes) {
      this.#done = true;
      events.push({ kind: 'overflow' });
    }
    return events;
  }

  #line(line: string, rest: Buffer): PreambleEvent | undefined {
    // A prompt or an `echo -n` may stand on the same line.
    const agent = line.indexOf(`${HANDSHAKE_MARKER} ${this.nonce} `);
    if (agent >= 0) {
      const text = line.slice(agent);
      const version = /^\S+ \S+ (\d{1,6})$/.exec(text)?.[1];
      return version === undefined
        ? { kind: 'malformed', line: text.slice(0, 200) }
        : { kind: 'agent', version: Number(version), rest };
    }
    const boot = line.indexOf(`${BOOT_MARKER} ${this.nonce} `);
    if (boot >= 0) {
      return { kind: 'boot', words: line.slice(boot).split(' ').slice(2) };
    }
    return undefined;
  }
}
