// SPDX-License-Identifier: Apache-2.0
import { Column32 } from './columns';
import { decodeUtf8 } from './utf8';

/** Bytes of a block. A position is the block's number in the bits above these and the offset in it below. */
const BLOCK_BITS = 22;
const BLOCK_SIZE = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_SIZE - 1;
/** Positions are 32-bit numbers. */
const MAX_BLOCKS = 2 ** (32 - BLOCK_BITS);
const FIRST_BLOCK = 1 << 16;
/** A longer line is cut: no verifier writes one (its own buffer holds 1024 bytes), but a file may be anything. */
export const LONGEST_LINE = 1 << 20;
/** Chunks from this size on are kept, not copied; smaller ones would use up the numbers of blocks. */
const ADOPTED = BLOCK_SIZE / 2;
const NEWLINE = 10;
const RETURN = 13;

export type LineSink = (block: Uint8Array, start: number, end: number, position: number) => void;

/**
 * The bytes of a log in blocks that hold whole lines, so that a line is read where it lies and nothing is copied
 * when the log grows. At most 4 GiB.
 */
export class ByteStore {
  readonly #blocks: Uint8Array[] = [];
  /** Bytes used of each block. */
  readonly #used: number[] = [];
  /** Position of each line's first byte. */
  readonly starts = new Column32();
  readonly #onLine: LineSink;
  #lineStart = 0;
  #received = 0;
  /** The last block is the caller's and full. */
  #sealed = false;

  constructor(onLine: LineSink) {
    this.#onLine = onLine;
  }

  /** Bytes taken in. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#blocks.reduce((sum, block) => sum + block.byteLength, this.starts.bytes);
  }

  append(chunk: Uint8Array): void {
    this.#received += chunk.length;
    for (let taken = 0; taken < chunk.length;) {
      const adopted = this.#adopt(chunk, taken);
      if (adopted > 0) {
        taken += adopted;
        continue;
      }
      const last = this.#room(chunk.length - taken);
      const block = this.#blocks[last];
      if (!block) return;
      const used = this.#used[last] ?? 0;
      const size = Math.min(block.length - used, chunk.length - taken);
      block.set(chunk.subarray(taken, taken + size), used);
      this.#used[last] = used + size;
      this.#scan(chunk, taken, taken + size, last, used - taken);
      taken += size;
    }
  }

  /** Takes whole lines of a large chunk as a block without copying them; returns their bytes, 0 for none. */
  #adopt(chunk: Uint8Array, from: number): number {
    const last = this.#blocks.length - 1;
    const pending = last >= 0 && this.#lineStart < (this.#used[last] ?? 0);
    if (pending || chunk.length - from < ADOPTED || this.#blocks.length >= MAX_BLOCKS) return 0;
    const end = chunk.lastIndexOf(NEWLINE, Math.min(chunk.length, from + BLOCK_SIZE) - 1) + 1;
    if (end - from < ADOPTED / 2) return 0;
    // A Uint8Array even where the chunk is a Buffer: code that meets one type only is compiled once.
    const block = new Uint8Array(chunk.buffer, chunk.byteOffset + from, end - from);
    this.#blocks.push(block);
    this.#used.push(block.length);
    this.#lineStart = 0;
    this.#sealed = true;
    this.#scan(chunk, from, end, last + 1, -from);
    return block.length;
  }

  /** Ends the last line if it has no newline; true if there was such a line. */
  flush(): boolean {
    const last = this.#blocks.length - 1;
    const block = this.#blocks[last];
    const used = this.#used[last] ?? 0;
    if (!block || this.#lineStart >= used) return false;
    this.#emit(block, last, used);
    this.#lineStart = used;
    return true;
  }

  block(position: number): Uint8Array {
    return this.#blocks[position >>> BLOCK_BITS] ?? new Uint8Array(0);
  }

  offset(position: number): number {
    return position & BLOCK_MASK;
  }

  /** Offset in the line's block just after its last byte, without line end. */
  lineEnd(line: number): number {
    const start = this.starts.at(line);
    const block = start >>> BLOCK_BITS;
    const next = line + 1 < this.starts.length ? this.starts.at(line + 1) : -1;
    const end = next >= 0 && next >>> BLOCK_BITS === block ? next & BLOCK_MASK : this.#endOf(block, line);
    const bytes = this.#blocks[block];
    return bytes ? trimEnd(bytes, start & BLOCK_MASK, end) : 0;
  }

  /** Text of `length` bytes at a position; they must lie in one line. */
  text(position: number, length: number): string {
    const offset = position & BLOCK_MASK;
    return decodeUtf8(this.block(position), offset, offset + length);
  }

  /** Text of a line, or of its first bytes. */
  lineText(line: number, longest: number): string {
    const position = this.starts.at(line);
    return this.text(position, Math.min(longest, Math.max(0, this.lineEnd(line) - this.offset(position))));
  }

  /** Line that holds a position. */
  lineOf(position: number): number {
    return this.starts.floor(position);
  }

  /** Blocks with their used bytes and first positions, for a search. */
  *pieces(from: number): Generator<{ bytes: Uint8Array; start: number; end: number; base: number }> {
    for (let i = from >>> BLOCK_BITS; i < this.#blocks.length; i++) {
      const bytes = this.#blocks[i];
      if (!bytes) return;
      const start = i === from >>> BLOCK_BITS ? from & BLOCK_MASK : 0;
      yield { bytes, start, end: this.#endOf(i, -1), base: i * BLOCK_SIZE };
    }
  }

  /** The last block is complete up to the line that is still coming in. */
  #endOf(block: number, line: number): number {
    const used = this.#used[block] ?? 0;
    if (block !== this.#blocks.length - 1) return used;
    return line >= 0 && this.#lineStart <= (this.starts.at(line) & BLOCK_MASK) ? used : this.#lineStart;
  }

  /**
   * Finds the lines of a block that end in [from, to) of a chunk, whose bytes lie `shift` further on in the block. The
   * chunk is searched, not the block: a Buffer is searched faster.
   */
  #scan(chunk: Uint8Array, from: number, to: number, index: number, shift: number): void {
    const block = this.#blocks[index];
    if (!block) return;
    for (let at = chunk.indexOf(NEWLINE, from); at >= 0 && at < to; at = chunk.indexOf(NEWLINE, at + 1)) {
      const end = at + shift;
      if (end - this.#lineStart > LONGEST_LINE) this.#cut(block, index, end);
      this.#emit(block, index, end);
      this.#lineStart = end + 1;
    }
    if (to + shift - this.#lineStart > LONGEST_LINE) this.#cut(block, index, to + shift);
  }

  /** Cuts a line at the same places however the log was cut into chunks. */
  #cut(block: Uint8Array, index: number, end: number): void {
    for (; end - this.#lineStart > LONGEST_LINE; this.#lineStart += LONGEST_LINE)
      this.#emit(block, index, this.#lineStart + LONGEST_LINE);
  }

  #emit(block: Uint8Array, index: number, end: number): void {
    const position = index * BLOCK_SIZE + this.#lineStart;
    this.starts.push(position);
    this.#onLine(block, this.#lineStart, trimEnd(block, this.#lineStart, end), position);
  }

  /** Number of the last block, made or grown to have room; the line that is coming in moves along. */
  #room(wanted: number): number {
    const last = this.#blocks.length - 1;
    const block = this.#blocks[last];
    const used = this.#used[last] ?? 0;
    if (block && used < block.length) return last;
    if (block && block.length < BLOCK_SIZE && !this.#sealed) {
      const grown = new Uint8Array(Math.min(BLOCK_SIZE, Math.max(block.length * 2, used + wanted)));
      grown.set(block);
      this.#blocks[last] = grown;
      return last;
    }
    if (this.#blocks.length >= MAX_BLOCKS) throw new RangeError('The verifier log is larger than 4 GiB.');
    // What comes behind a block of the caller's may be little.
    const full = block !== undefined && !this.#sealed;
    const size = full ? BLOCK_SIZE : Math.min(BLOCK_SIZE, Math.max(FIRST_BLOCK, wanted));
    const next = new Uint8Array(size);
    const tail = block?.subarray(this.#lineStart, used);
    if (tail) {
      next.set(tail);
      this.#used[last] = this.#lineStart;
    }
    this.#sealed = false;
    this.#blocks.push(next);
    this.#used.push(tail?.length ?? 0);
    this.#lineStart = 0;
    return last + 1;
  }
}

function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === NEWLINE) at--;
  while (at > start && (bytes[at - 1] === RETURN || bytes[at - 1] === 0)) at--;
  return at;
}
