// SPDX-License-Identifier: Apache-2.0
import type { Insn } from './insn';
import { LineKind } from './kinds';
import { Needs, slotOf, slotsOf, type StackPlace, WHOLE_SLOT } from './needs';
import type { LogParser } from './parser';
import { inlineState, type StateReplay } from './state';
import { readState } from './stateText';

/** What to trace: a register, or the stack slot that holds a byte `slot` from the frame pointer (negative). */
export type SliceTarget =
  { readonly register: number; readonly frame?: number } | { readonly slot: number; readonly frame?: number };

/**
 * How a line takes part: it made the value, it passed it on (move, spill, fill, call, return), it narrowed what is
 * known of it (a branch), or the value came out of a call or the program's start.
 */
export type SliceRole = 'made' | 'moved' | 'narrowed' | 'origin';

export interface SliceStep {
  readonly line: number;
  /** The register or slot that the line made, `r1` or `fp-8`, and its frame. */
  readonly target: string;
  readonly frame: number;
  readonly role: SliceRole;
}

export interface Slice {
  readonly line: number;
  /** From the line asked for back to the origins. */
  readonly steps: readonly SliceStep[];
  /** There were more steps than the limit. */
  readonly cut: boolean;
}

const MAX_STEPS = 2000;
const ARGUMENTS = 0b111110;

/** Lines that one step of a walk looks at; to ask for a state costs as much as many lines. */
const BUDGET = 1 << 16;
const STATE_COST = 1 << 10;

/** Walks back from a line along the path that the verifier took to it. */
export class Slicer {
  readonly #log: LogParser;
  readonly #states: StateReplay;
  readonly #needs = new Needs();
  readonly #steps: SliceStep[] = [];
  #line = 0;
  /** The line to look at next, and the frame of the instruction that ran after it. */
  #at = -1;
  #deeper = -1;
  /** The path that is walked back, from where to where. */
  #pathFrom = -1;
  #pathStart = -1;
  #budget = 0;

  constructor(log: LogParser, states: StateReplay) {
    this.#log = log;
    this.#states = states;
  }

  slice(line: number, target: SliceTarget): Slice {
    this.begin(line, target);
    while (!this.walk());
    return this.result;
  }

  begin(line: number, target: SliceTarget): void {
    this.#line = line;
    this.#at = line;
    const frame = target.frame ?? this.#log.frames.at(line);
    if ('register' in target) this.#needs.addRegisters(frame, 1 << target.register);
    else this.#needs.addBytes(frame, { slot: slotOf(target.slot), bytes: WHOLE_SLOT });
  }

  /** Walks back for a few milliseconds; true when all is found. */
  walk(): boolean {
    for (this.#budget = BUDGET; this.#budget > 0; this.#budget--) {
      const at = this.#at;
      if (at < 0 || this.#needs.none || this.#steps.length >= MAX_STEPS) return true;
      this.#at = this.#previous(at);
      if (this.#log.kinds.at(at) !== LineKind.Insn) continue;
      const insn = this.#log.insns.at(this.#log.refs.at(at));
      if (!insn) continue;
      this.#step(at, insn, this.#deeper);
      this.#deeper = this.#log.frames.at(at);
    }
    return false;
  }

  get result(): Slice {
    return { line: this.#line, steps: this.#steps, cut: this.#steps.length >= MAX_STEPS };
  }

  #previous(line: number): number {
    if (line > this.#pathStart && line <= this.#pathFrom) return line - 1;
    const path = this.#log.paths.of(line);
    this.#pathFrom = line;
    this.#pathStart = this.#log.paths.start(path);
    if (line > this.#pathStart) return line - 1;
    const parent = this.#log.paths.parent(path);
    return parent < line ? parent : -1;
  }

  /** `later` is the frame of the instruction that ran after this one. */
  #step(line: number, insn: Insn, later: number): void {
    const frame = this.#log.frames.at(line);
    if (insn.kind === 'call') this.#call(line, insn, frame, later);
    else if (insn.kind === 'exit') this.#exit(line, frame, later);
    else {
      const made = this.#needs.registers(frame) & insn.writes;
      if (made !== 0) this.#made(line, insn, frame, made);
      if (insn.memory?.write) this.#stored(line, insn, frame);
      const narrowed = this.#needs.registers(frame) & insn.reads;
      if (insn.kind === 'jump' && narrowed !== 0) this.#add(line, nameOf(narrowed), frame, 'narrowed');
    }
  }

  #made(line: number, insn: Insn, frame: number, made: number): void {
    this.#needs.dropRegisters(frame, made);
    const register = nameOf(made);
    if (insn.kind === 'load') this.#loaded(line, insn, frame, register);
    else {
      const moves = insn.kind === 'alu' && (insn.reads & insn.writes) === 0 && insn.reads !== 0;
      this.#add(line, register, frame, moves ? 'moved' : insn.reads === 0 ? 'origin' : 'made');
      this.#needs.addRegisters(frame, insn.reads & ~(1 << 10));
    }
  }

  /** A fill leads to the slot it reads; any other load to the register that holds the address. */
  #loaded(line: number, insn: Insn, frame: number, register: string): void {
    const place = this.#stackPlace(line, insn, frame);
    this.#add(line, register, frame, place ? 'moved' : 'made');
    if (place) for (const part of slotsOf(place)) this.#needs.addBytes(place.frame, part);
    else this.#needs.addRegisters(frame, insn.reads & ~(1 << 10));
  }

  #stored(line: number, insn: Insn, frame: number): void {
    if (!this.#needs.anySlot) return;
    const place = this.#stackPlace(line, insn, frame);
    if (!place) return;
    const value = insn.reads & ~(1 << (insn.memory?.base ?? 10));
    for (const part of slotsOf(place)) {
      const { slot } = part;
      const bytes = this.#needs.dropBytes(place.frame, part);
      if (bytes === 0) continue;
      this.#add(line, `fp${slot}`, place.frame, value === 0 ? 'origin' : 'moved');
      this.#needs.addRegisters(frame, value & ~(1 << 10));
      // An update keeps some of what was there.
      if (insn.memory?.read) this.#needs.addBytes(place.frame, { slot, bytes });
    }
  }

  #call(line: number, insn: Insn, frame: number, later: number): void {
    if (later === frame + 1) {
      // Walking back out of a function: what it was given are the caller's arguments.
      const given = this.#needs.registers(later) & ARGUMENTS;
      if (given !== 0) {
        this.#add(line, nameOf(given), frame, 'moved');
        if (insn.call?.kind === 'subprogram') this.#needs.addRegisters(frame, given);
      }
      this.#needs.forget(later);
      return;
    }
    if (this.#needs.registers(frame) & 1) {
      this.#needs.dropRegisters(frame, 1);
      this.#add(line, 'r0', frame, 'origin');
      this.#needs.addRegisters(frame, this.#arguments(insn));
    }
    this.#needs.dropRegisters(frame, ARGUMENTS & ~this.#arguments(insn));
    this.#written(line, frame);
  }

  /** Arguments that the call reads, where the log has the liveness table. */
  #arguments(insn: Insn): number {
    const before = this.#log.live.get(insn.pc);
    return before === undefined ? 0 : before & ARGUMENTS;
  }

  /** Slots that a helper filled: they are printed behind the call. */
  #written(line: number, frame: number): void {
    if (!this.#needs.anySlot) return;
    for (const slot of this.#printedSlots(line))
      if (this.#needs.dropBytes(frame, { slot, bytes: WHOLE_SLOT }) !== 0)
        this.#add(line, `fp${slot}`, frame, 'origin');
  }

  #printedSlots(line: number): number[] {
    const { store } = this.#log;
    const position = store.starts.at(line);
    const bytes = store.block(position);
    const end = store.lineEnd(line);
    const length = this.#log.insns.textLength(this.#log.refs.at(line));
    const at = inlineState(bytes, store.offset(position), end, length);
    const slots: number[] = [];
    if (at < 0) return slots;
    const ignore = (): void => undefined;
    readState(bytes, at, end, {
      register: ignore,
      slot: offset => slots.push(offset),
      refs: ignore,
      callback: ignore,
      other: ignore,
    });
    return slots;
  }

  /** Walking back into a function: its r0 is what the caller got. */
  #exit(line: number, frame: number, later: number): void {
    if (later < 0 || later >= frame) return;
    this.#needs.forget(frame);
    if (!(this.#needs.registers(later) & 1)) return;
    this.#needs.dropRegisters(later, 1);
    this.#add(line, 'r0', frame, 'moved');
    this.#needs.addRegisters(frame, 1);
  }

  /** What an instruction reads or writes, if that is stack. */
  #stackPlace(line: number, insn: Insn, frame: number): StackPlace | undefined {
    const memory = insn.memory;
    if (!memory) return undefined;
    const { size } = memory;
    if (memory.base === 10) return { frame, offset: memory.offset, size };
    this.#budget -= STATE_COST;
    const value = this.#states.registerBefore(line, memory.base);
    const match = value === undefined ? null : /^fp(?:\[(\d{1,3})\])?(-?\d{1,6})/.exec(value);
    if (!match) return undefined;
    return {
      frame: match[1] === undefined ? frame : Number(match[1]),
      offset: Number(match[2]) + memory.offset,
      size,
    };
  }

  #add(line: number, target: string, frame: number, role: SliceRole): void {
    this.#steps.push({ line, target, frame, role });
  }
}

const nameOf = (mask: number): string => {
  const names: string[] = [];
  for (let r = 0; r < 11; r++) if ((mask >> r) & 1) names.push(`r${r}`);
  return names.join(', ');
};
