// SPDX-License-Identifier: Apache-2.0

/**
 * Columns grow by segments: what is there is never copied again, so that no turn of a process is long and no memory
 * is held twice. Only the first segment begins small and grows.
 */
const BITS = 16;
const SEGMENT = 1 << BITS;
const MASK = SEGMENT - 1;
/** A power of two less one: columns grow by whole records. */
const MIN_GROWTH = 63;

/** A growing column of 32-bit unsigned numbers. */
export class Column32 {
  readonly #segments: Uint32Array[] = [];
  /** The segment that `push` fills, and the index of its first element. */
  #open: Uint32Array;
  #base = 0;
  #length = 0;

  constructor(capacity = 1024) {
    this.#open = new Uint32Array(capacity);
    this.#segments.push(this.#open);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.byteLength, 0);
  }

  at(index: number): number {
    return this.#segments[index >>> BITS]?.[index & MASK] ?? 0;
  }

  push(value: number): void {
    if (this.#length - this.#base === this.#open.length) this.#reserve(this.#length);
    this.#open[this.#length++ - this.#base] = value;
  }

  /** Four at once, for columns that hold records of four numbers and nothing else. */
  pushRecord(a: number, b: number, c: number, d: number): void {
    let at = this.#length - this.#base;
    if (at === this.#open.length) {
      this.#reserve(this.#length);
      at = this.#length - this.#base;
    }
    const open = this.#open;
    open[at] = a;
    open[at + 1] = b;
    open[at + 2] = c;
    open[at + 3] = d;
    this.#length += 4;
  }

  /** Sets an element that was pushed; or, in a column that is only set, any: the others read as 0. */
  set(index: number, value: number): void {
    const number = index >>> BITS;
    // Reading beyond an array's end would cost the optimized code of an engine.
    let segment = number < this.#segments.length ? this.#segments[number] : undefined;
    if (segment === undefined || (index & MASK) >= segment.length) segment = this.#reserve(index);
    segment[index & MASK] = value;
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

  /** The segment of an element, made or grown to hold it. */
  #reserve(index: number): Uint32Array {
    const first = this.#segments[0];
    if (this.#segments.length === 1 && first !== undefined && first.length < SEGMENT) {
      this.#open = new Uint32Array(Math.min(SEGMENT, Math.max(first.length * 2, (index | MIN_GROWTH) + 1)));
      this.#open.set(first);
      this.#segments[0] = this.#open;
    }
    while (this.#segments.length <= index >>> BITS) {
      this.#base = this.#segments.length * SEGMENT;
      this.#open = new Uint32Array(SEGMENT);
      this.#segments.push(this.#open);
    }
    return this.#open;
  }
}

/** A growing column of bytes. */
export class Column8 {
  readonly #segments: Uint8Array[] = [];
  #open = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.byteLength, 0);
  }

  at(index: number): number {
    return this.#segments[index >>> BITS]?.[index & MASK] ?? 0;
  }

  push(value: number): void {
    const offset = this.#length++ & MASK;
    if (offset >= this.#open.length || offset === 0) this.#reserve(offset);
    this.#open[offset] = value;
  }

  #reserve(offset: number): void {
    const grown = new Uint8Array(
      this.#segments.length > 1 ? SEGMENT : Math.min(SEGMENT, Math.max(1024, offset * 2)),
    );
    if (offset > 0) {
      grown.set(this.#open);
      this.#segments.pop();
    }
    this.#segments.push(grown);
    this.#open = grown;
  }
}

/** A value per line that stays the same for many lines; only changes are stored. */
export class Runs {
  readonly #starts = new Column32(64);
  readonly #values = new Column32(64);
  #current = 0;
  /** Run that was asked for last: most questions are about lines near to one another. */
  #cursor = 0;

  constructor() {
    this.#starts.push(0);
    this.#values.push(0);
  }

  get bytes(): number {
    return this.#starts.bytes + this.#values.bytes;
  }

  /** Value of the lines that are coming in. */
  get current(): number {
    return this.#current;
  }

  /** The value from a line on, which is not before that of the last change. */
  set(line: number, value: number): void {
    if (value === this.#current) return;
    this.#current = value;
    const last = this.#starts.length - 1;
    if (this.#starts.at(last) === line) this.#values.set(last, value);
    else {
      this.#starts.push(line);
      this.#values.push(value);
    }
  }

  at(line: number): number {
    const next = this.#cursor + 1;
    const inRun =
      this.#starts.at(this.#cursor) <= line && (next >= this.#starts.length || line < this.#starts.at(next));
    if (!inRun) this.#cursor = Math.max(0, this.#starts.floor(line));
    return this.#values.at(this.#cursor);
  }
}

/** Numbers by a sparse but small index, such as an instruction's; absent ones read as -1. */
export class Slots {
  #data = new Int32Array(256).fill(-1);
  /** Indexes that hold something, so that clearing costs no more than filling did. */
  #used: number[] = [];

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
    if (this.#data[index] === -1) this.#used.push(index);
    this.#data[index] = value;
  }

  clear(): void {
    for (const index of this.#used) this.#data[index] = -1;
    this.#used = [];
  }
}
