// SPDX-License-Identifier: Apache-2.0
import { Column32, Slots } from './columns';
import type { Insn } from './insn';

/** Stretches of a log in which each instruction follows the one printed before it. */
export class Paths {
  /** First line of each stretch. */
  readonly #start = new Column32(64);
  /** Line of the instruction that the verifier came from, plus one; 0 at the start of a program or function. */
  readonly #parent = new Column32(64);
  /** Jumps (and calls that branch) not continued yet: their line, and the one below with the same index. */
  readonly #branchLine = new Column32(256);
  readonly #branchBelow = new Column32(256);
  readonly #branchNext = new Column32(256);
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
    if (this.#open >= 0) this.#branchNext.set(this.#open, insn.pc + 1);
    this.#open = -1;
    if (insn.conditional !== true && insn.kind !== 'call') return;
    this.#open = this.#branchLine.length;
    const below = this.#branchByPc.at(insn.pc);
    if (below < 0 && insn.conditional === true) this.#learn(insn);
    this.#branchLine.push(line);
    this.#branchBelow.push(below + 1);
    this.#branchNext.push(0);
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

  /** The latest visit of `from` that went on elsewhere than to `to`; it and later ones are done with. */
  #take(from: number, to: number): number {
    let entry = this.#branchByPc.at(from);
    while (entry >= 0 && this.#branchNext.at(entry) === to + 1) entry = this.#branchBelow.at(entry) - 1;
    if (entry < 0) return -1;
    this.#branchByPc.set(from, this.#branchBelow.at(entry) - 1);
    return this.#branchLine.at(entry);
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
