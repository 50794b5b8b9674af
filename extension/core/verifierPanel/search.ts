// SPDX-License-Identifier: Apache-2.0
import { LineKind, type VerifierLog } from '../verifierLog';
import { LineList } from './lineList';
import type { Query } from './query';

/** Lines that one step looks at: some milliseconds. */
const TEXT_STEP = 50_000;
const STEP = 20_000;

/** Looks for a query in steps, so that a log of millions of lines does not hold up the extension host. */
export class Search {
  readonly #log: VerifierLog;
  readonly #query: Query;
  readonly #accepts: (line: number) => boolean;
  readonly found = new LineList();
  #at = 0;

  constructor(log: VerifierLog, query: Query, accepts: (line: number) => boolean) {
    this.#log = log;
    this.#query = query;
    this.#accepts = accepts;
  }

  /** How much of the log was looked at, from 0 to 1. */
  get share(): number {
    return this.#at / Math.max(1, this.#log.lineCount);
  }

  /** One step; true when all lines were looked at. */
  step(): boolean {
    const query = this.#query;
    const end = Math.min(this.#log.lineCount, this.#at + (query.kind === 'text' ? TEXT_STEP : STEP));
    if (query.kind === 'text') {
      for (const line of this.#log.findAll(query.text, this.#at, end, { ignoreCase: true }))
        if (this.#accepts(line)) this.found.push(line);
    } else {
      for (let line = this.#at; line < end; line++)
        if (this.#log.kind(line) === LineKind.Insn && this.#accepts(line) && this.#matches(line, query))
          this.found.push(line);
    }
    this.#at = end;
    return end >= this.#log.lineCount;
  }

  /** Index of the first place at or after a line, from the start again behind the last; -1 without any. */
  next(line: number): number {
    if (this.found.length === 0) return -1;
    const index = this.found.floor(line - 1) + 1;
    return index < this.found.length ? index : 0;
  }

  #matches(line: number, query: Exclude<Query, { kind: 'text' }>): boolean {
    if (query.kind === 'source') {
      const source = this.#log.source(line);
      return source?.line === query.line && (query.file === undefined || source.file === query.file);
    }
    const insn = this.#log.insn(line);
    if (!insn) return false;
    if (query.kind === 'insn') return insn.pc === query.insn;
    return (((insn.reads | insn.writes) >> query.register) & 1) === 1;
  }
}
