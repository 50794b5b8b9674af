// SPDX-License-Identifier: Apache-2.0
import type { ByteStore } from './byteStore';
import { hashBytes, sameBytes } from './bytes';
import { Column32 } from './columns';

/** A line of C that the compiler recorded for instructions. */
export interface SourceLine {
  /** The C text, without leading blanks; empty when the compiler recorded none. */
  readonly text: string;
  /** As the kernel prints it: the file's base name since 6.8, nothing before. */
  readonly file: string | undefined;
  /** From 1; undefined when the kernel does not print it, or the compiler gave the code no line (0). */
  readonly line: number | undefined;
}

const LONGEST = 4096;
const MAX_CHAIN = 8;

/** `; text @ file.c:16` taken apart; `comment` is what follows the semicolon. */
export function parseSource(comment: string): SourceLine {
  const text = comment.trim();
  const at = comment.lastIndexOf(' @ ');
  const colon = comment.lastIndexOf(':');
  if (at >= 0 && colon > at + 3) {
    const digits = comment.slice(colon + 1).trim();
    if (digits.length > 0 && digits.length < 9 && !/\D/.test(digits)) {
      const line = Number(digits);
      return {
        text: comment.slice(0, at).trim(),
        file: comment.slice(at + 3, colon),
        line: line > 0 ? line : undefined,
      };
    }
  }
  return { text, file: undefined, line: undefined };
}

/** The distinct source lines of a log; id 0 stands for none. */
export class SourceTable {
  readonly #store: ByteStore;
  readonly #lines: SourceLine[] = [{ text: '', file: undefined, line: undefined }];
  readonly #position = new Column32(256);
  readonly #length = new Column32(256);
  readonly #next = new Column32(256);
  readonly #byHash = new Map<number, number>();

  constructor(store: ByteStore) {
    this.#store = store;
    this.#position.push(0);
    this.#length.push(0);
    this.#next.push(0);
  }

  get count(): number {
    return this.#lines.length;
  }

  /** All but the one that stands for none. */
  get all(): readonly SourceLine[] {
    return this.#lines.slice(1);
  }

  at(id: number): SourceLine | undefined {
    return id === 0 ? undefined : this.#lines[id];
  }

  /** Id of the source line whose text behind the semicolon is at [start, end). */
  intern(bytes: Uint8Array, start: number, end: number, position: number): number {
    const stop = Math.min(end, start + LONGEST);
    const hash = hashBytes(bytes, start, stop);
    const head = this.#byHash.get(hash) ?? 0;
    let chain = 0;
    for (let id = head; id > 0 && chain < MAX_CHAIN; id = this.#next.at(id), chain++)
      if (this.#same(id, bytes, start, stop)) return id;
    return this.#add(hash, chain < MAX_CHAIN ? head : 0, position, stop - start);
  }

  #add(hash: number, next: number, position: number, length: number): number {
    const id = this.#lines.push(parseSource(this.#store.text(position, length))) - 1;
    this.#position.push(position);
    this.#length.push(length);
    this.#next.push(next);
    this.#byHash.set(hash, id);
    return id;
  }

  #same(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#length.at(id) !== end - start) return false;
    const position = this.#position.at(id);
    return sameBytes(this.#store.block(position), this.#store.offset(position), bytes, start, end - start);
  }
}
