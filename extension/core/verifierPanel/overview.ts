// SPDX-License-Identifier: Apache-2.0
import type { Overview } from '../../protocol/verifierPanel';
import type { VerifierLog } from '../verifierLog';
import type { LineList } from './lineList';
import type { Rows } from './rows';

/** Rows that one step of {@link OverviewScan.step} looks at: some 10 ms. */
const STEP = 200_000;

/**
 * Sums up where along the rows the verifier spent its instructions: a bucket for each stretch of equally many rows,
 * so that a log of millions of lines fits in a strip beside them.
 */
export class OverviewScan {
  readonly #log: VerifierLog;
  readonly #rows: Rows;
  readonly #count: number;
  readonly #insns: number[];
  readonly #visits: number[];
  readonly #lines: number[];
  #at = 0;

  constructor(log: VerifierLog, rows: Rows, buckets: number) {
    this.#log = log;
    this.#rows = rows;
    this.#count = rows.count;
    const length = Math.min(buckets, this.#count);
    this.#insns = Array.from({ length }, () => 0);
    this.#visits = Array.from({ length }, () => 0);
    this.#lines = Array.from({ length }, (_, bucket) => rows.line(this.#start(bucket)));
  }

  /** One step; true when all rows were looked at. */
  step(): boolean {
    const end = Math.min(this.#count, this.#at + STEP);
    const length = this.#lines.length;
    for (let row = this.#at; row < end; row++) {
      const visits = this.#log.visitsOf(this.#rows.line(row));
      if (visits === 0) continue;
      const bucket = Math.floor((row * length) / this.#count);
      this.#insns[bucket] = (this.#insns[bucket] ?? 0) + 1;
      this.#visits[bucket] = (this.#visits[bucket] ?? 0) + visits;
    }
    this.#at = end;
    return end >= this.#count;
  }

  /** `found`: places of a search. */
  result(revision: number, found: LineList | undefined): Overview {
    const lines = this.#lines;
    const before = (line: number): number => (found === undefined ? 0 : found.floor(line - 1) + 1);
    return {
      ...{ revision, lines, rows: this.#count, insns: this.#insns },
      visits: this.#visits.map((visits, bucket) =>
        Math.round(visits / Math.max(1, this.#insns[bucket] ?? 1)),
      ),
      found: lines.map((line, i) => before(lines[i + 1] ?? this.#log.lineCount) - before(line)),
    };
  }

  /** First row of a bucket: the least that {@link step} puts in it. */
  #start(bucket: number): number {
    return Math.ceil((bucket * this.#count) / this.#insns.length);
  }
}
