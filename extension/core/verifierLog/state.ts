// SPDX-License-Identifier: Apache-2.0
import { OPEN, SEMICOLON, skipBlanks, skipDigits } from './bytes';
import { LineKind } from './kinds';
import { FULL_STATE, type LogParser } from './parser';
import { frameAt, readBranch, readState, type StateSink } from './stateText';

/** A value by where it is printed; length 0 for one that the log does not tell. */
interface Value {
  readonly position: number;
  readonly length: number;
}

const UNTOLD: Value = { position: 0, length: 0 };

interface Frame {
  /** r0-r10; undefined for a register that holds nothing readable. */
  readonly registers: (Value | undefined)[];
  readonly slots: Map<number, Value>;
}

interface Snapshot {
  frames: Frame[];
  refs: Value | undefined;
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

const emptyFrame = (): Frame => ({
  registers: new Array<Value | undefined>(11).fill(undefined),
  slots: new Map(),
});

const copy = (snapshot: Snapshot): Snapshot => ({
  frames: snapshot.frames.map(frame => ({ registers: [...frame.registers], slots: new Map(frame.slots) })),
  refs: snapshot.refs,
});

/** One state in this many lines is kept after a replay passed it; in more when there are too many. */
const SPACING = 64;
const MAX_CHECKPOINTS = 4096;

/**
 * Rebuilds the state at a line by replaying its path from the last full state or kept checkpoint. States are made
 * of places in the log, so a checkpoint is a few hundred bytes and there are at most 4096 of them.
 */
export class StateReplay {
  readonly #log: LogParser;
  readonly #kept = new Map<number, Snapshot>();
  #keptLines: number[] = [];
  #lines = 0;
  #spacing = SPACING;
  #snapshot: Snapshot = { frames: [], refs: undefined };
  #frame = 0;
  #base = 0;
  readonly #sink: StateSink;

  constructor(log: LogParser) {
    this.#log = log;
    this.#sink = {
      register: (index, start, end) => {
        this.#current().registers[index] = { position: this.#base + start, length: end - start };
      },
      slot: (offset, start, end) => {
        this.#current().slots.set(offset, { position: this.#base + start, length: end - start });
      },
      refs: (start, end) => {
        this.#snapshot.refs = { position: this.#base + start, length: end - start };
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
    return parent < 0 ? { frames: [], refs: undefined } : this.#at(parent);
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

  #at(line: number): Snapshot {
    if (this.#lines !== this.#log.lineCount) this.#forget();
    const stretches: { from: number; to: number }[] = [];
    let to = line;
    for (;;) {
      const path = this.#log.paths.of(to);
      const start = this.#log.paths.start(path);
      const kept = this.#keptBefore(to, start);
      if (kept >= 0) {
        stretches.push({ from: kept + 1, to });
        this.#snapshot = copy(this.#kept.get(kept) ?? { frames: [], refs: undefined });
        break;
      }
      stretches.push({ from: start, to });
      const parent = this.#log.paths.parent(path);
      const selfContained = this.#log.kinds.at(start) === LineKind.From && this.#log.frames.at(start) === 0;
      if (parent < 0 || parent >= start || selfContained) {
        this.#snapshot = { frames: [], refs: undefined };
        break;
      }
      to = parent;
    }
    for (const stretch of stretches.reverse()) this.#replay(stretch.from, stretch.to);
    return copy(this.#snapshot);
  }

  #replay(from: number, to: number): void {
    for (let line = from; line <= to; line++) {
      this.#apply(line);
      if (line % this.#spacing === 0) this.#keep(line);
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
      if (full) {
        this.#snapshot.frames.length = Math.min(this.#snapshot.frames.length, this.#frame);
        this.#snapshot.refs = undefined;
      }
      readState(bytes, stateStart(bytes, start, end), end, this.#sink);
    }
  }

  #execute(line: number, bytes: Uint8Array, start: number, end: number): void {
    const insn = this.#log.insns.at(this.#log.refs.at(line));
    if (!insn) return;
    const { registers } = this.#current();
    if (insn.kind === 'call') {
      registers.fill(undefined, 1, 6);
      registers[0] = UNTOLD;
    } else if (insn.kind === 'packet') registers.fill(undefined, 1, 6);
    if (!this.#log.inlineStates)
      for (let r = 0; r < 11; r++) if ((insn.writes >> r) & 1) registers[r] = UNTOLD;
    const state = inlineState(bytes, start, end, this.#log.insns.textLength(this.#log.refs.at(line)));
    if (state < end) readState(bytes, state, end, this.#sink);
  }

  #current(): Frame {
    const { frames } = this.#snapshot;
    while (frames.length <= this.#frame) frames.push(emptyFrame());
    return frames[this.#frame] ?? emptyFrame();
  }

  #keptBefore(line: number, start: number): number {
    let low = 0;
    let high = this.#keptLines.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if ((this.#keptLines[middle] ?? 0) <= line) low = middle + 1;
      else high = middle - 1;
    }
    const kept = this.#keptLines[high];
    return kept !== undefined && kept >= start ? kept : -1;
  }

  #keep(line: number): void {
    if (this.#kept.has(line)) return;
    if (this.#keptLines.length >= MAX_CHECKPOINTS) {
      this.#spacing *= 2;
      for (const dropped of this.#keptLines.filter((_, i) => i % 2 === 1)) this.#kept.delete(dropped);
      this.#keptLines = this.#keptLines.filter((_, i) => i % 2 === 0);
    }
    this.#kept.set(line, copy(this.#snapshot));
    const last = this.#keptLines[this.#keptLines.length - 1];
    this.#keptLines.push(line);
    if (last !== undefined && last > line) this.#keptLines.sort((a, b) => a - b);
  }

  /** More lines may change what a line means only at the end; starting afresh is simplest. */
  #forget(): void {
    this.#kept.clear();
    this.#spacing = SPACING;
    this.#keptLines = [];
    this.#lines = this.#log.lineCount;
  }

  #cells(before: Frame | undefined, after: Frame | undefined): StateCell[] {
    const cells: StateCell[] = [];
    const add = (
      name: string,
      register: number | undefined,
      slot: number | undefined,
      a?: Value,
      b?: Value,
    ): void => {
      if (!a && !b) return;
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

  #text(value: Value | undefined): string | undefined {
    return value && this.#log.store.text(value.position, value.length);
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

/** Where the state behind an instruction begins; `end` if there is none. `length` is the instruction's, from its bracket on. */
export function inlineState(bytes: Uint8Array, lineStart: number, end: number, length: number): number {
  let at = lineStart;
  while (at < end && bytes[at] !== OPEN) at++;
  at = skipBlanks(bytes, at + length, end);
  if (at >= end) return end;
  return bytes[at] === SEMICOLON ? at + 1 : skipDigits(bytes, at, end) + 1;
}
