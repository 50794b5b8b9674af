// SPDX-License-Identifier: Apache-2.0
import { Checkpoints } from './checkpoints';
import { OPEN, SEMICOLON, skipBlanks, skipDigits } from './bytes';
import { LineKind } from './kinds';
import { FULL_STATE, type LogParser } from './parser';
import { frameAt, readBranch, readState, type StateSink } from './stateText';

/**
 * A value by where it is printed: position and length in one number, so that a replay of millions of lines makes no
 * garbage. Lines are shorter than 2^21 bytes and positions than 2^32.
 */
type Value = number;
const LENGTHS = 2 ** 21;
const valueAt = (position: number, length: number): Value => position * LENGTHS + length;
/** A value that the log does not tell. */
const UNTOLD: Value = 0;
/** In the place of a value: nothing readable. */
const NONE = -1;

interface Frame {
  /** Values of r0-r10. */
  readonly registers: Float64Array;
  readonly slots: Map<number, Value>;
}

interface Snapshot {
  frames: Frame[];
  refs: Value;
}

/** State of one register or stack slot; values are the verifier's own words. */
export interface StateCell {
  /** `r1`, or `fp-8`. */
  readonly name: string;
  readonly register: number | undefined;
  /** Bytes from the frame pointer, negative. */
  readonly slot: number | undefined;
  /** Value before the line; undefined for none, '' for one that the log does not tell. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly changed: boolean;
}

export interface FrameView {
  readonly index: number;
  readonly cells: readonly StateCell[];
}

/** What the verifier knew before and after a line. */
export interface StateView {
  readonly line: number;
  /** Frame that the line runs in. */
  readonly frame: number;
  readonly frames: readonly FrameView[];
  /** References held, as printed: `2,4`. */
  readonly refs: { readonly before: string; readonly after: string };
}

const emptyFrame = (): Frame => ({ registers: new Float64Array(11).fill(NONE), slots: new Map() });

const nothing = (): Snapshot => ({ frames: [], refs: NONE });

const copy = (snapshot: Snapshot): Snapshot => ({
  frames: snapshot.frames.map(frame => ({
    registers: frame.registers.slice(),
    slots: new Map(frame.slots),
  })),
  refs: snapshot.refs,
});

/** States kept for good, and those around the line asked for last, which a slice asks for one after another. */
const KEPT = { most: 4096, spacing: 64, whenFull: 'thin' } as const;
const NEAR = { most: 1024, spacing: 32, whenFull: 'clear' } as const;

/** Lines that one step replays: a few milliseconds. */
const STEP = 1 << 14;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Rebuilds the state at a line by replaying its path from the last full state or kept checkpoint. States are made
 * of places in the log, so a checkpoint is a few hundred bytes and there are at most 4096 of them.
 */
export class StateReplay {
  readonly #log: LogParser;
  readonly #kept = new Checkpoints<Snapshot>(KEPT);
  readonly #near = new Checkpoints<Snapshot>(NEAR);
  #lines = 0;
  #snapshot = nothing();
  #frame = 0;
  #base = 0;
  readonly #sink: StateSink;

  constructor(log: LogParser) {
    this.#log = log;
    this.#sink = {
      register: (index, start, end) => {
        this.#current().registers[index] = valueAt(this.#base + start, end - start);
      },
      slot: (offset, start, end) => {
        this.#current().slots.set(offset, valueAt(this.#base + start, end - start));
      },
      refs: (start, end) => {
        this.#snapshot.refs = valueAt(this.#base + start, end - start);
      },
      callback: () => undefined,
      other: () => undefined,
    };
  }

  view(line: number): StateView {
    const before = this.#before(line);
    const after = this.#after(line);
    const frames: FrameView[] = [];
    for (let index = 0; index < Math.max(before.frames.length, after.frames.length); index++)
      frames.push({ index, cells: this.#cells(before.frames[index], after.frames[index]) });
    return {
      line,
      frame: this.#log.frames.at(line),
      frames,
      refs: { before: this.#text(before.refs) ?? '', after: this.#text(after.refs) ?? '' },
    };
  }

  /** Text of a register's value just before a line, in the line's own frame. */
  registerBefore(line: number, register: number): string | undefined {
    return this.#text(this.#before(line).frames[this.#log.frames.at(line)]?.registers[register]);
  }

  #before(line: number): Snapshot {
    const path = this.#log.paths.of(line);
    if (line > this.#log.paths.start(path)) return this.#at(line - 1);
    const parent = this.#log.paths.parent(path);
    return parent < 0 ? nothing() : this.#at(parent);
  }

  /** What a line changed may be printed below it, behind lines about precision. */
  #after(line: number): Snapshot {
    const { kinds, paths, lineCount } = this.#log;
    let last = line;
    if (kinds.at(line) === LineKind.Insn) {
      const end = paths.end(paths.of(line), lineCount);
      for (let next = line + 1; next < end && next < line + 4096; next++) {
        const kind = kinds.at(next);
        if (kind === LineKind.Insn) break;
        if (kind === LineKind.State) last = next;
      }
    }
    return this.#at(last);
  }

  /**
   * Brings the state at a line nearer by a few milliseconds' work; true when it is at hand. For logs of millions of
   * lines, in which the way to a state may be long.
   */
  approach(line: number): boolean {
    if (line < 0 || line >= this.#log.lineCount) return true;
    const stretches = this.#wayTo(line);
    const first = stretches[0];
    const lines = stretches.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0);
    if (first === undefined || lines <= STEP) return true;
    const to = Math.min(first.to, first.from + STEP - 1);
    this.#replay(first.from, to);
    this.#kept.pin(to, copy(this.#snapshot));
    return false;
  }

  #at(line: number): Snapshot {
    for (const { from, to } of this.#wayTo(line)) this.#replay(from, to);
    return copy(this.#snapshot);
  }

  /** What is to be replayed to a line, in order; the snapshot is where that begins. */
  #wayTo(line: number): Stretch[] {
    if (this.#lines !== this.#log.lineCount) this.#forget();
    const stretches: Stretch[] = [];
    this.#snapshot = nothing();
    for (let to = line; ;) {
      const path = this.#log.paths.of(to);
      const start = this.#log.paths.start(path);
      const kept = this.#kept.nearest(start, to);
      const near = this.#near.nearest(start, to);
      const from = Math.max(kept, near);
      stretches.push({ from: from < 0 ? start : from + 1, to });
      if (from >= 0) {
        const known = kept > near ? this.#kept.get(kept) : this.#near.get(near);
        if (known) this.#snapshot = copy(known);
        break;
      }
      const parent = this.#log.paths.parent(path);
      const selfContained = this.#log.kinds.at(start) === LineKind.From && this.#log.frames.at(start) === 0;
      if (parent < 0 || parent >= start || selfContained) break;
      to = parent;
    }
    return stretches.reverse();
  }

  #replay(from: number, to: number): void {
    for (let line = from; line <= to; line++) {
      this.#apply(line);
      if (this.#kept.wants(line)) this.#kept.add(line, copy(this.#snapshot));
      else if (line > to - NEAR.most && this.#near.wants(line)) this.#near.add(line, copy(this.#snapshot));
    }
  }

  #apply(line: number): void {
    const kind = this.#log.kinds.at(line);
    if (kind !== LineKind.Insn && kind !== LineKind.State && kind !== LineKind.From) return;
    const { store } = this.#log;
    const position = store.starts.at(line);
    const bytes = store.block(position);
    const start = store.offset(position);
    const end = store.lineEnd(line);
    this.#base = position - start;
    this.#frame = this.#log.frames.at(line);
    if (kind === LineKind.Insn) this.#execute(line, bytes, start, end);
    else {
      const full = kind === LineKind.From || this.#log.refs.at(line) === FULL_STATE;
      if (full) this.#snapshot.frames.length = Math.min(this.#snapshot.frames.length, this.#frame);
      this.#read(bytes, stateStart(bytes, start, end), end);
    }
  }

  #execute(line: number, bytes: Uint8Array, start: number, end: number): void {
    const insn = this.#log.insns.at(this.#log.refs.at(line));
    if (!insn) return;
    const { registers } = this.#current();
    if (insn.kind === 'call') {
      registers.fill(NONE, 1, 6);
      registers[0] = UNTOLD;
    } else if (insn.kind === 'packet') registers.fill(NONE, 1, 6);
    if (!this.#log.inlineStates)
      for (let r = 0; r < 11; r++) if ((insn.writes >> r) & 1) registers[r] = UNTOLD;
    const state = inlineState(bytes, start, end, this.#log.insns.textLength(this.#log.refs.at(line)));
    if (state >= 0) this.#read(bytes, state, end);
  }

  /** Registers are printed when they change, but references with every state: without them none is held. */
  #read(bytes: Uint8Array, start: number, end: number): void {
    this.#snapshot.refs = NONE;
    readState(bytes, start, end, this.#sink);
  }

  #current(): Frame {
    const { frames } = this.#snapshot;
    while (frames.length <= this.#frame) frames.push(emptyFrame());
    return frames[this.#frame] ?? emptyFrame();
  }

  /** More lines may change what a line means only at the end; starting afresh is simplest. */
  #forget(): void {
    this.#kept.clear();
    this.#near.clear();
    this.#lines = this.#log.lineCount;
  }

  #cells(before: Frame | undefined, after: Frame | undefined): StateCell[] {
    const cells: StateCell[] = [];
    const add = (
      name: string,
      register: number | undefined,
      slot: number | undefined,
      a: Value | undefined,
      b: Value | undefined,
    ): void => {
      if ((a ?? NONE) === NONE && (b ?? NONE) === NONE) return;
      const old = this.#text(a);
      const now = this.#text(b);
      cells.push({ name, register, slot, before: old, after: now, changed: old !== now });
    };
    for (let r = 0; r < 11; r++) add(`r${r}`, r, undefined, before?.registers[r], after?.registers[r]);
    const slots = new Set([...(before?.slots.keys() ?? []), ...(after?.slots.keys() ?? [])]);
    for (const slot of [...slots].sort((a, b) => b - a))
      add(`fp${slot}`, undefined, slot, before?.slots.get(slot), after?.slots.get(slot));
    return cells;
  }

  #text(value: Value = NONE): string | undefined {
    return value === NONE ? undefined : this.#log.store.text(Math.floor(value / LENGTHS), value % LENGTHS);
  }
}

/** Where the state begins on a line of its own. */
export function stateStart(bytes: Uint8Array, lineStart: number, end: number): number {
  const start = skipBlanks(bytes, lineStart, end);
  const branch = readBranch(bytes, start, end);
  if (branch) return branch.rest;
  if (frameAt(bytes, start, end) >= 0) return start;
  let at = start;
  while (at < end && (bytes[at] ?? 0) >= 48 && (bytes[at] ?? 0) <= 57) at++;
  return at > start && bytes[at] === 58 ? at + 1 : start;
}

/** Where the state behind an instruction begins, or -1; it may be empty. `length` is the instruction's, from its bracket on. */
export function inlineState(bytes: Uint8Array, lineStart: number, end: number, length: number): number {
  let at = lineStart;
  while (at < end && bytes[at] !== OPEN) at++;
  at = skipBlanks(bytes, at + length, end);
  if (at >= end) return -1;
  return bytes[at] === SEMICOLON ? at + 1 : skipDigits(bytes, at, end) + 1;
}
