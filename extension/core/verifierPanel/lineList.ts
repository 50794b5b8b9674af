// SPDX-License-Identifier: Apache-2.0

/** An ascending list of lines that grows. */
export class LineList {
  #data = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The n-th line; -1 beyond the end. */
  at(index: number): number {
    return index < this.#length ? (this.#data[index] ?? -1) : -1;
  }

  push(line: number): void {
    if (this.#length === this.#data.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.#length++] = line;
  }

  /** Index of the last element that is not greater; -1 when there is none. */
  floor(line: number): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if ((this.#data[middle] ?? 0) <= line) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  has(line: number): boolean {
    const index = this.floor(line);
    return index >= 0 && this.#data[index] === line;
  }
}
