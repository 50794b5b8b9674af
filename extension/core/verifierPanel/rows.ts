// SPDX-License-Identifier: Apache-2.0
import type { Filter } from '../../protocol/verifierPanel';
import { LineKind, type VerifierLog } from '../verifierLog';
import { LineList } from './lineList';

const SHOWN: Readonly<Record<Exclude<Filter, 'all'>, ReadonlySet<LineKind>>> = {
  instructions: new Set([LineKind.Insn]),
  source: new Set([LineKind.Source]),
  errors: new Set([LineKind.Error, LineKind.Report]),
  unrecognized: new Set([LineKind.Unknown]),
};

export const shows = (filter: Filter, kind: LineKind): boolean => filter === 'all' || SHOWN[filter].has(kind);

/** Lines that one step of {@link Rows.extend} looks at: some milliseconds. */
const STEP = 50_000;

/**
 * Which lines are rows: all of them, or those of a filter; of a folded path only the first that is shown. Without
 * filter nothing is stored per line, so that a log of millions of lines opens at once.
 */
export class Rows {
  readonly #log: VerifierLog;
  readonly filter: Filter;
  readonly #folded: readonly number[];
  readonly #isFolded: ReadonlySet<number>;
  /** Only with a filter. */
  readonly #lines = new LineList();
  /** Only without: first line of each folded path, and rows that are missing before it. */
  #starts: number[] = [];
  #ends: number[] = [];
  #missing: number[] = [];
  #seen = 0;
  #path = 0;
  #pathEnd = 0;
  #pathShown = false;

  constructor(log: VerifierLog, filter: Filter, folded: ReadonlySet<number>) {
    this.#log = log;
    this.filter = filter;
    this.#isFolded = folded;
    this.#folded = [...folded].sort((a, b) => a - b);
  }

  get count(): number {
    if (this.filter !== 'all') return this.#lines.length;
    return Math.max(0, this.#seen - (this.#missing.at(-1) ?? 0));
  }

  /** Takes in lines that came since; false while there are more. */
  extend(): boolean {
    if (this.filter === 'all') {
      this.#seen = this.#log.lineCount;
      this.#segment();
      return true;
    }
    const end = Math.min(this.#log.lineCount, this.#seen + STEP);
    for (let line = this.#seen; line < end; line++) this.#take(line);
    this.#seen = end;
    return end >= this.#log.lineCount;
  }

  /** Line of a row; -1 beyond the end. */
  line(row: number): number {
    if (row < 0 || row >= this.count) return -1;
    if (this.filter !== 'all') return this.#lines.at(row);
    // The last folded path whose first row is not behind this row.
    let low = 0;
    let high = this.#starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.#firstRow(middle) < row) low = middle + 1;
      else high = middle - 1;
    }
    return row + (high < 0 ? 0 : (this.#missing[high] ?? 0));
  }

  /** Row of a line, or of the nearest line before it that is one. */
  row(line: number): number {
    if (this.filter !== 'all') return Math.max(0, this.#lines.floor(line));
    let low = 0;
    let high = this.#starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= line) low = middle + 1;
      else high = middle - 1;
    }
    if (high < 0) return Math.min(line, Math.max(0, this.count - 1));
    const first = this.#firstRow(high);
    return line < (this.#ends[high] ?? 0) ? first : line - (this.#missing[high] ?? 0);
  }

  /** Lines of its path that a row stands for, besides itself; undefined if the row is no folded path. */
  hidden(line: number): number | undefined {
    if (this.#isFolded.size === 0) return undefined;
    const path = this.#log.line(line).path;
    if (!this.#isFolded.has(path)) return undefined;
    const { firstLine, endLine } = this.#log.path(path);
    return endLine - firstLine - 1;
  }

  #firstRow(index: number): number {
    return (this.#starts[index] ?? 0) - (index > 0 ? (this.#missing[index - 1] ?? 0) : 0);
  }

  #segment(): void {
    this.#starts = [];
    this.#ends = [];
    this.#missing = [];
    let missing = 0;
    for (const path of this.#folded) {
      const { firstLine, endLine } = this.#log.path(path);
      missing += Math.max(0, endLine - firstLine - 1);
      this.#starts.push(firstLine);
      this.#ends.push(endLine);
      this.#missing.push(missing);
    }
  }

  #take(line: number): void {
    if (this.#isFolded.size > 0 && line >= this.#pathEnd) {
      this.#path = this.#log.line(line).path;
      this.#pathEnd = this.#log.path(this.#path).endLine;
      this.#pathShown = false;
    }
    if (!shows(this.filter, this.#log.kind(line))) return;
    if (this.#pathShown && this.#isFolded.has(this.#path)) return;
    this.#pathShown = true;
    this.#lines.push(line);
  }
}
