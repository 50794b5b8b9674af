// SPDX-License-Identifier: Apache-2.0

/** Type and length of a block. */
const HEADER_BYTES = 8;
/** With the length once more at its end. */
const MIN_BLOCK_BYTES = 12;

/** Follows a little-endian pcapng stream, in pieces of any size, from the end of one block to that of the next. */
export class BlockEnds {
  readonly #header = new DataView(new ArrayBuffer(HEADER_BYTES));
  #size = 0;
  /** Where the block that is being read begins, and how long it is once its header is there. */
  #start = 0;
  #length: number | undefined;
  #damaged = false;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Where the last whole block ends; in what is no such stream every byte counts. */
  get whole(): number {
    return this.#damaged ? this.#size : this.#start;
  }

  add(bytes: Uint8Array): void {
    const before = this.#size;
    this.#size += bytes.length;
    while (!this.#damaged) {
      this.#length ??= this.#readLength(bytes, before);
      if (this.#length === undefined || this.#start + this.#length > this.#size) {
        return;
      }
      this.#start += this.#length;
      this.#length = undefined;
    }
  }

  /** undefined: a part of the header is still to come. */
  #readLength(bytes: Uint8Array, before: number): number | undefined {
    for (let at = Math.max(this.#start, before); at < this.#start + HEADER_BYTES; at++) {
      const byte = bytes[at - before];
      if (byte === undefined) {
        return undefined;
      }
      this.#header.setUint8(at - this.#start, byte);
    }
    const length = this.#header.getUint32(4, true);
    this.#damaged = length < MIN_BLOCK_BYTES || length % 4 !== 0;
    return length;
  }
}
