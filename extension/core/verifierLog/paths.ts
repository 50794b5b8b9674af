// SPDX-License-Identifier: Apache-2.0
import { Column32, Slots } from './columns';
import type { Insn } from './insn';

/** A branch is four numbers: its line, the branch below with the same index, where it went on, and the nearest below that went on elsewhere; but for the line each is one more than the index, and 0 is none. */
const RECORD = 4;
const BELOW = 1;
const NEXT = 2;
const OTHER = 3;

/** Stretches of a log in which each instruction follows the one printed before it. */
export class Paths {
  /** First line of each stretch. */
  readonly #start = new Column32(64);
  /** Line of the instruction that the verifier came from, plus one; 0 at the start of a program or function. */
  readonly #parent = new Column32(64);
  /** Jumps (and calls that branch), as records: see the constants above. */
  readonly #branches = new Column32(1024);
  readonly #branchByPc = new Slots();
  /** Jumps by the index they lead to; for kernels that do not print where a branch comes from. */
  readonly #sources = new Map<number, number[]>();
  #open = -1;

  constructor() {
    this.#start.push(0);
    this.#parent.push(0);
  }

  get count(): number {
    return this.#start.length;
  }

  /** Which stretch a line is in. */
  of(line: number): number {
    return Math.max(0, this.#start.floor(line));
  }

  start(path: number): number {
    return this.#start.at(path);
  }

  /** One past the last line; `lines` is the log's count. */
  end(path: number, lines: number): number {
    return path + 1 < this.#start.length ? this.#start.at(path + 1) : lines;
  }

  /** Line of the instruction that the stretch continues, or -1. */
  parent(path: number): number {
    return this.#parent.at(path) - 1;
  }

  /** A stretch without a past begins: a program, or a function that is verified by itself. */
  root(line: number): void {
    this.#open = -1;
    this.#begin(line, -1);
  }

  forget(): void {
    this.#branchByPc.clear();
    this.#sources.clear();
    this.#open = -1;
  }

  /** Takes note of an instruction that was printed. */
  visit(line: number, insn: Insn): void {
    if (this.#open >= 0) this.#wentOn(this.#open, insn.pc);
    this.#open = -1;
    if (insn.conditional !== true && insn.kind !== 'call') return;
    this.#open = this.#branches.length / RECORD;
    const below = this.#branchByPc.at(insn.pc);
    if (below < 0 && insn.conditional === true) this.#learn(insn);
    this.#branches.pushRecord(line, below + 1, 0, 0);
    this.#branchByPc.set(insn.pc, this.#open);
  }

  /** The verifier goes on at `to` with what it had put aside at `from` (-1 if the log does not say). */
  branch(line: number, from: number, to: number): void {
    this.#open = -1;
    this.#begin(line, from >= 0 ? this.#take(from, to) : this.#guess(to));
  }

  #begin(line: number, parent: number): void {
    const last = this.#start.length - 1;
    if (this.#start.at(last) === line) this.#parent.set(last, parent + 1);
    else {
      this.#start.push(line);
      this.#parent.push(parent + 1);
    }
  }

  #learn(insn: Insn): void {
    for (const to of insn.target === undefined ? [insn.pc + 1] : [insn.pc + 1, insn.target]) {
      const list = this.#sources.get(to);
      if (!list) this.#sources.set(to, [insn.pc]);
      else if (list.length < 64 && !list.includes(insn.pc)) list.push(insn.pc);
    }
  }

  #wentOn(entry: number, to: number): void {
    const below = this.#branches.at(entry * RECORD + BELOW);
    const alike = below > 0 && this.#branches.at((below - 1) * RECORD + NEXT) === to + 1;
    this.#branches.set(entry * RECORD + NEXT, to + 1);
    this.#branches.set(
      entry * RECORD + OTHER,
      alike ? this.#branches.at((below - 1) * RECORD + OTHER) : below,
    );
  }

  /** The latest visit of `from` that went on elsewhere than to `to`; it and later ones are done with. */
  #take(from: number, to: number): number {
    let entry = this.#branchByPc.at(from);
    if (entry >= 0 && this.#branches.at(entry * RECORD + NEXT) === to + 1)
      entry = this.#branches.at(entry * RECORD + OTHER) - 1;
    if (entry < 0) return -1;
    this.#branchByPc.set(from, this.#branches.at(entry * RECORD + BELOW) - 1);
    return this.#branches.at(entry * RECORD);
  }

  #guess(to: number): number {
    let best = -1;
    for (const pc of this.#sources.get(to) ?? []) {
      const entry = this.#branchByPc.at(pc);
      if (entry >= 0 && (best < 0 || entry > this.#branchByPc.at(best))) best = pc;
    }
    return best < 0 ? -1 : this.#take(best, to);
  }
}
