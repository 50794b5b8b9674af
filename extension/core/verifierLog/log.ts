// SPDX-License-Identifier: Apache-2.0
import { findFailure, type VerifierFailure } from './failure';
import { findLines, findText } from './find';
import type { Insn } from './insn';
import { LineKind } from './kinds';
import { LogParser } from './parser';
import { closeSection, type Section, type VerifierCounters } from './sections';
import { Slicer, type Slice, type SliceTarget } from './slice';
import type { SourceLine } from './sourceTable';
import { StateReplay, type StateView } from './state';
import { encodeUtf8 } from './utf8';

/** One line of a log. */
export interface LogLine {
  readonly index: number;
  readonly kind: LineKind;
  readonly text: string;
  /** For instructions. */
  readonly insn: Insn | undefined;
  /** C line in force. */
  readonly source: SourceLine | undefined;
  /** Depth of calls: 0 for the main function. */
  readonly frame: number;
  /** Number of the stretch of the verifier's way that the line is in, see {@link VerifierLog.path}. */
  readonly path: number;
}

/** A stretch in which each instruction follows the one before it. */
export interface LogPath {
  readonly index: number;
  readonly firstLine: number;
  /** One past the last. */
  readonly endLine: number;
  /** Line of the instruction that it branches off from; undefined where the verifier starts afresh. */
  readonly parentLine: number | undefined;
}

export interface InsnVisits {
  readonly insn: Insn;
  readonly visits: number;
  readonly source: SourceLine | undefined;
}

export interface SourceVisits {
  readonly source: SourceLine;
  /** Instructions of the line that were printed. */
  readonly visits: number;
}

/** What is missing of a log. */
export interface Truncation {
  /** The log begins amid the program: the kernel's rotating buffer (6.4 and later) keeps the end only. */
  readonly head: boolean;
  /** The log ends before the verifier's last words: the buffer was too small, or the text was cut. */
  readonly tail: boolean;
}

const CHUNK = 1 << 16;
const KINDS = Object.values(LineKind);

/** A verifier log that may still be coming in. See the folder's index for how to use it. */
export class VerifierLog {
  readonly #log = new LogParser();
  readonly #states = new StateReplay(this.#log);
  #ended = false;
  #halfPair = '';

  /** Parses a whole log. */
  static parse(data: Uint8Array | string): VerifierLog {
    const log = new VerifierLog();
    log.push(data);
    log.end();
    return log;
  }

  /**
   * Takes in a piece of a log, cut anywhere. Large Uint8Arrays are kept, not copied: leave them as they are. Throws RangeError beyond 4 GiB, Error after {@link end}.
   */
  push(chunk: Uint8Array | string): void {
    if (this.#ended) throw new Error('This verifier log has ended; open a new one.');
    if (typeof chunk === 'string') this.#pushText(chunk);
    else this.#log.store.append(chunk);
  }

  /** No more is to come: the last line need not have a newline. */
  end(): void {
    if (this.#ended) return;
    if (this.#halfPair !== '') this.#log.store.append(encodeUtf8(this.#halfPair));
    this.#log.store.flush();
    this.#ended = true;
  }

  get lineCount(): number {
    return this.#log.lineCount;
  }

  /** Bytes of log taken in. */
  get size(): number {
    return this.#log.store.received;
  }

  /** Bytes of memory held for lines and columns. */
  get memory(): number {
    return this.#log.bytes;
  }

  /** Lines that were not understood, ascending. */
  get unrecognized(): number[] {
    return list(this.#log.unknown);
  }

  get unrecognizedCount(): number {
    return this.#log.unknown.length;
  }

  kind(line: number): LineKind {
    // The column holds nothing but LineKind's numbers.
    return KINDS[this.#log.kinds.at(line)] ?? LineKind.Unknown;
  }

  /** A line's text, of a longer one its first bytes. */
  text(line: number, longest = Infinity): string {
    return line < 0 || line >= this.lineCount ? '' : this.#log.store.lineText(line, longest);
  }

  /** A line with what is known of it. Throws RangeError for one that is not there. */
  line(index: number, longest = Infinity): LogLine {
    if (!Number.isInteger(index) || index < 0 || index >= this.lineCount)
      throw new RangeError(`The log has no line ${index}.`);
    return {
      index,
      kind: this.kind(index),
      text: this.text(index, longest),
      insn: this.insn(index),
      source: this.source(index),
      frame: this.#log.frames.at(index),
      path: this.#log.paths.of(index),
    };
  }

  /** The instruction on a line. */
  insn(line: number): Insn | undefined {
    return this.#log.kinds.at(line) === LineKind.Insn
      ? this.#log.insns.at(this.#log.refs.at(line))
      : undefined;
  }

  /** How often the instruction on a line was printed in all; 0 for other lines. */
  visitsOf(line: number): number {
    const { kinds, insns, refs } = this.#log;
    return kinds.at(line) === LineKind.Insn ? insns.visits(refs.at(line)) : 0;
  }

  /** C line in force; the same object for the same line of C. */
  source(line: number): SourceLine | undefined {
    return this.#log.sourceLines.at(this.#log.sources.at(line));
  }

  /** Every line of C that the log has, once. */
  get sourceLines(): readonly SourceLine[] {
    return this.#log.sourceLines.all;
  }

  /** Next line, from one on, with an instruction of an index; -1 for none. */
  findInsn(pc: number, from = 0): number {
    for (let line = from; line < this.lineCount; line++) if (this.insn(line)?.pc === pc) return line;
    return -1;
  }

  /** Next line, from one on, that holds a text; -1 for none. */
  find(text: string, from = 0, options: { readonly ignoreCase?: boolean } = {}): number {
    return findText(this.#log.store, text, from, options.ignoreCase ?? false);
  }

  /** All lines from one on and before another that hold a text, ascending: a search in steps. */
  findAll(text: string, from: number, to: number, options: { readonly ignoreCase?: boolean } = {}): number[] {
    return findLines(this.#log.store, text, { from, to }, options.ignoreCase ?? false);
  }

  get pathCount(): number {
    return this.#log.paths.count;
  }

  path(index: number): LogPath {
    const { paths } = this.#log;
    const parent = paths.parent(index);
    return {
      index,
      firstLine: paths.start(index),
      endLine: paths.end(index, this.lineCount),
      parentLine: parent < 0 ? undefined : parent,
    };
  }

  /** Registers and stack slots before and after a line, of every frame. */
  stateAt(line: number): StateView {
    return this.#states.view(line);
  }

  /** Brings the state at a line nearer by a few milliseconds' work; true when it is at hand. */
  approach(line: number): boolean {
    return this.#states.approach(line);
  }

  /** The instructions that made the value that a register or slot has after a line, the nearest first. */
  slice(line: number, target: SliceTarget): Slice {
    return new Slicer(this.#log, this.#states).slice(line, target);
  }

  /**
   * The same in steps, for logs of millions of lines; true when the result is complete. Bring the state at the line
   * near first.
   */
  slicing(line: number, target: SliceTarget): { readonly walk: () => boolean; readonly result: Slice } {
    const slicer = new Slicer(this.#log, this.#states);
    slicer.begin(line, target);
    return slicer;
  }

  /** The programs whose logs are in here; a plain log is one without a name. */
  get sections(): Section[] {
    const open = this.#log.sections;
    const closed = open.map((section, i) => closeSection(section, open[i + 1]?.firstLine ?? this.lineCount));
    const meant = closed.filter((section, i) => i > 0 || closed.length === 1 || this.#hasInsn(section));
    return meant.length > 0 ? meant : closed;
  }

  /** What the verifier counted for the last program. */
  get counters(): VerifierCounters {
    return this.sections.at(-1)?.counters ?? {};
  }

  /** Why a program was refused; without an argument the last one that was. */
  failure(section?: Section): VerifierFailure | undefined {
    if (section) return findFailure(this.#log, section);
    for (const one of this.sections.reverse()) {
      const failure = findFailure(this.#log, one);
      if (failure) return failure;
    }
    return undefined;
  }

  get truncation(): Truncation {
    const open = this.#log.sections.at(-1);
    const tail = this.#ended && this.#log.insns.count > 0 && open?.done !== true;
    return { head: this.#log.headMissing, tail };
  }

  /** How often each instruction was printed: at log level 2 that is how often the verifier visited it. */
  visitsByInsn(): InsnVisits[] {
    const { insns, sourceLines } = this.#log;
    const visits: InsnVisits[] = [];
    for (let id = 0; id < insns.count; id++) {
      const insn = insns.at(id);
      if (insn) visits.push({ insn, visits: insns.visits(id), source: sourceLines.at(insns.source(id)) });
    }
    return visits;
  }

  /** The same by C line, the most visited first. */
  visitsBySource(): SourceVisits[] {
    const totals = new Map<string, SourceVisits>();
    for (const { source, visits } of this.visitsByInsn()) {
      if (!source) continue;
      const key = `${source.file ?? ''}\n${source.line ?? ''}\n${source.text}`;
      totals.set(key, { source, visits: visits + (totals.get(key)?.visits ?? 0) });
    }
    return [...totals.values()].sort((a, b) => b.visits - a.visits);
  }

  #pushText(chunk: string): void {
    let text = this.#halfPair + chunk;
    const last = text.charCodeAt(text.length - 1);
    this.#halfPair = last >= 0xd800 && last < 0xdc00 ? text.slice(-1) : '';
    if (this.#halfPair !== '') text = text.slice(0, -1);
    for (let at = 0; at < text.length;) {
      let end = Math.min(text.length, at + CHUNK);
      const unit = text.charCodeAt(end - 1);
      if (end < text.length && unit >= 0xd800 && unit < 0xdc00) end++;
      this.#log.store.append(encodeUtf8(text, at, end));
      at = end;
    }
  }

  #hasInsn(section: Section): boolean {
    for (let line = section.firstLine; line < section.endLine; line++) {
      const kind = this.#log.kinds.at(line);
      if (kind === LineKind.Insn || kind === LineKind.Stats || kind === LineKind.Error) return true;
    }
    return false;
  }
}

function list(column: { readonly length: number; at(index: number): number }): number[] {
  return Array.from({ length: column.length }, (_, i) => column.at(i));
}
