// SPDX-License-Identifier: Apache-2.0

/** What was worked out at some lines of a log, so that it need not be worked out from the log's start again. */
export class Checkpoints<T> {
  readonly #most: number;
  readonly #closest: number;
  readonly #whenFull: 'thin' | 'clear';
  readonly #kept = new Map<number, T>();
  /** Ascending. */
  #lines: number[] = [];
  #spacing: number;
  /** Never dropped by thinning: where a stepwise replay goes on. */
  #pinned = -1;

  /**
   * One in `spacing` lines is taken. When there are more than `most`, `thin` drops every other and doubles the
   * spacing, `clear` begins anew.
   */
  constructor(options: {
    readonly most: number;
    readonly spacing: number;
    readonly whenFull: 'thin' | 'clear';
  }) {
    this.#most = options.most;
    this.#closest = options.spacing;
    this.#spacing = options.spacing;
    this.#whenFull = options.whenFull;
  }

  wants(line: number): boolean {
    return line % this.#spacing === 0 && !this.#kept.has(line);
  }

  pin(line: number, what: T): void {
    this.#pinned = line;
    if (!this.#kept.has(line)) this.add(line, what);
  }

  add(line: number, what: T): void {
    if (this.#lines.length >= this.#most) this.#makeRoom();
    this.#kept.set(line, what);
    const last = this.#lines[this.#lines.length - 1];
    if (last === undefined || last < line) this.#lines.push(line);
    else this.#lines.splice(this.#floor(line) + 1, 0, line);
  }

  get(line: number): T | undefined {
    return this.#kept.get(line);
  }

  /** The last line from `first` to `line` that is kept; -1 for none. */
  nearest(first: number, line: number): number {
    const kept = this.#lines[this.#floor(line)];
    return kept !== undefined && kept >= first ? kept : -1;
  }

  clear(): void {
    this.#kept.clear();
    this.#lines = [];
    this.#spacing = this.#closest;
    this.#pinned = -1;
  }

  #makeRoom(): void {
    if (this.#whenFull === 'clear') {
      this.clear();
      return;
    }
    this.#spacing *= 2;
    const stays = (line: number, i: number): boolean => i % 2 === 0 || line === this.#pinned;
    for (const dropped of this.#lines.filter((line, i) => !stays(line, i))) this.#kept.delete(dropped);
    this.#lines = this.#lines.filter(stays);
  }

  /** Index of the last kept line that is not behind a line; -1 for none. */
  #floor(line: number): number {
    let low = 0;
    let high = this.#lines.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if ((this.#lines[middle] ?? 0) <= line) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }
}
