// SPDX-License-Identifier: Apache-2.0

/** A growing column of 32-bit unsigned numbers. */
export class Column32 {
  #data: Uint32Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#data = new Uint32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  at(index: number): number {
    return this.#data[index] ?? 0;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) this.reserve(this.#length * 2 + 16);
    this.#data[this.#length++] = value;
  }

  /** Makes room for `set` up to an index; what is not set reads as 0. */
  reserve(capacity: number): void {
    const grown = new Uint32Array(capacity);
    grown.set(this.#data);
    this.#data = grown;
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  /** Index of the last element that is not greater than `value` in an ascending column; -1 when there is none. */
  floor(value: number): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) <= value) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }
}

/** A growing column of bytes. */
export class Column8 {
  #data: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#data = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  at(index: number): number {
    return this.#data[index] ?? 0;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) this.reserve(this.#length * 2 + 16);
    this.#data[this.#length++] = value;
  }

  /** Makes room for `set` up to an index; what is not set reads as 0. */
  reserve(capacity: number): void {
    const grown = new Uint8Array(capacity);
    grown.set(this.#data);
    this.#data = grown;
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }
}

/** Numbers by a sparse but small index, such as an instruction's; absent ones read as -1. */
export class Slots {
  #data = new Int32Array(256).fill(-1);

  get length(): number {
    return this.#data.length;
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  at(index: number): number {
    return this.#data[index] ?? -1;
  }

  set(index: number, value: number): void {
    if (index >= this.#data.length) {
      const grown = new Int32Array(Math.max(index + 1, this.#data.length * 2)).fill(-1);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[index] = value;
  }

  clear(): void {
    this.#data.fill(-1);
  }
}
