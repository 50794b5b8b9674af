// SPDX-License-Identifier: Apache-2.0
import type { ByteStore } from './byteStore';
import { COLON, SEMICOLON, SPACE, hexValue, sameBytes, skipBlanks, skipDigits } from './bytes';
import { Column32, Slots } from './columns';
import { decodeInsn, type Insn } from './insn';
import { decodeUtf8 } from './utf8';

/** Programs have at most 1,000,000 instructions (BPF_COMPLEXITY_LIMIT_INSNS). */
export const MAX_PC = 1 << 20;

/** Longer ones are not decoded. */
const LONGEST_INSN = 600;

/** More texts than this for one index are not a program's: the oldest are forgotten. */
const MAX_VARIANTS = 8;

/**
 * The distinct instructions of a log. An instruction is printed each time that the verifier visits it, so its text
 * is taken apart once and afterwards only compared with the bytes of its first appearance.
 */
export class InsnTable {
  readonly #store: ByteStore;
  readonly #insns: Insn[] = [];
  /** Where each instruction's text is, from its opening bracket on. */
  readonly #position = new Column32(256);
  readonly #length = new Column32(256);
  /** Another instruction with the same index, plus one. */
  readonly #next = new Column32(256);
  /** How often each was visited, and the source line it was seen at first. */
  readonly #visits = new Column32(256);
  readonly #source = new Column32(256);
  readonly #byPc = new Slots();
  /** Where the line of the last visit goes on behind the instruction and blanks: at its state, or its end. */
  after = 0;

  constructor(store: ByteStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#insns.length;
  }

  at(id: number): Insn | undefined {
    return this.#insns[id];
  }

  visits(id: number): number {
    return this.#visits.at(id);
  }

  /** Source line (its id) that the instruction was printed under first. */
  source(id: number): number {
    return this.#source.at(id);
  }

  /** The latest instruction with an index. */
  byPc(pc: number): Insn | undefined {
    return this.#insns[this.#byPc.at(pc)];
  }

  /** Another program begins, whose indexes mean other instructions. */
  forget(): void {
    this.#byPc.clear();
  }

  /**
   * Id of the instruction at [start, end), which begins with `(61) `, or -1 if it is not known; counts a visit.
   * `end` is the line's; a state may follow the instruction.
   */
  visit(pc: number, bytes: Uint8Array, start: number, end: number, position: number): number {
    const known = this.#find(pc, bytes, start, end);
    if (known < 0) return this.#add(pc, bytes, start, end, position);
    this.#visits.set(known, this.#visits.at(known) + 1);
    return known;
  }

  #add(pc: number, bytes: Uint8Array, start: number, end: number, position: number): number {
    const stop = insnEnd(bytes, start, end);
    this.after = skipBlanks(bytes, stop, end);
    const code = hexValue(bytes[start + 1] ?? 48) * 16 + hexValue(bytes[start + 2] ?? 48);
    const insn = decodeInsn(pc, code, decodeUtf8(bytes, start + 5, stop));
    if (!insn) return -1;
    const id = this.#insns.push(insn) - 1;
    this.#position.push(position);
    this.#length.push(stop - start);
    const head = this.#byPc.at(pc);
    this.#next.push(this.#variants(head) < MAX_VARIANTS ? head + 1 : 0);
    this.#visits.push(1);
    this.#source.push(0);
    this.#byPc.set(pc, id);
    return id;
  }

  #find(pc: number, bytes: Uint8Array, start: number, end: number): number {
    for (let id = this.#byPc.at(pc); id >= 0; id = this.#next.at(id) - 1) {
      const stop = start + this.#length.at(id);
      if (stop > end || !this.#same(id, stop - start, bytes, start)) continue;
      this.after = skipBlanks(bytes, stop, end);
      if (endsHere(bytes, stop, this.after, end)) return id;
    }
    return -1;
  }

  /** Length of the text of an instruction, from its bracket on. */
  textLength(id: number): number {
    return this.#length.at(id);
  }

  setSource(id: number, source: number): void {
    if (this.#source.at(id) === 0) this.#source.set(id, source);
  }

  #variants(head: number): number {
    let count = 0;
    for (let id = head; id >= 0; id = this.#next.at(id) - 1) count++;
    return count;
  }

  #same(id: number, length: number, bytes: Uint8Array, start: number): boolean {
    const position = this.#position.at(id);
    return sameBytes(this.#store.block(position), this.#store.offset(position), bytes, start, length);
  }
}

/** Nothing but a state may follow an instruction; `after` is the first offset from `at` that is no blank. */
const endsHere = (bytes: Uint8Array, at: number, after: number, end: number): boolean =>
  after >= end || (after > at && (bytes[after] === SEMICOLON || isIndexed(bytes, after, end)));

/** `18: R0=...`: at log level 1 the line's end is taken back with the lines of a branch that was left. */
function isIndexed(bytes: Uint8Array, at: number, end: number): boolean {
  const colon = skipDigits(bytes, at, end);
  return colon > at && bytes[colon] === COLON;
}

/** Where an instruction's text ends and blanks, a state or nothing follow. */
function insnEnd(bytes: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + LONGEST_INSN);
  for (let stop = start; stop < limit; stop++)
    if (bytes[stop] === SPACE && endsHere(bytes, stop, skipBlanks(bytes, stop, end), end)) return stop;
  return limit;
}
