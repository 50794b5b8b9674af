// SPDX-License-Identifier: Apache-2.0
import { ByteStore } from './byteStore';
import {
  COLON,
  OPEN,
  SEMICOLON,
  SPACE,
  ascii,
  isDigit,
  isHex,
  skipBlanks,
  skipDigits,
  startsWith,
  toNumber,
} from './bytes';
import { Column32, Column8, Runs } from './columns';
import { InsnTable, MAX_PC } from './insnTable';
import { LineKind } from './kinds';
import { classifyMessage } from './messages';
import { Paths } from './paths';
import { openSection, parseCounters, type OpenSection } from './sections';
import { SourceTable } from './sourceTable';
import { frameAt, looksLikeState, readBranch } from './stateText';
import { decodeUtf8 } from './utf8';

const SAFE = ascii('safe');
const CLOSE = 41;
const LESS = 60;
const SMALL_F = 102;
const SMALL_M = 109;
const UNDERSCORE = 95;
/** No message of the verifier is longer than its buffer (BPF_VERIFIER_TMP_LOG_SIZE, 1024). */
const LONGEST_MESSAGE = 1024;

/** Values of the `ref` column for {@link LineKind.State}: whether every register is printed or what changed. */
export const FULL_STATE = 1;

/** `mark_precise: `, known by four of its letters: at level 2 most lines are these, and no other has them there. */
const isMarkPrecise = (bytes: Uint8Array, start: number, end: number): boolean =>
  bytes[start] === SMALL_M &&
  start + 13 < end &&
  bytes[start + 4] === UNDERSCORE &&
  bytes[start + 12] === COLON &&
  bytes[start + 13] === SPACE;

type Rule = readonly [prefix: Uint8Array, kind: LineKind];
const rule = (prefix: string, kind: LineKind): Rule => [ascii(prefix), kind];

/** Lines known by how they begin, by their first byte. */
const RULES = byFirstByte([
  rule('mark_precise: ', LineKind.Precise),
  rule('last_idx ', LineKind.Precise),
  rule('regs=', LineKind.Precise),
  rule("parent didn't have", LineKind.Precise),
  rule('parent already had', LineKind.Precise),
  rule('parent state regs=', LineKind.Precise),
  rule('propagating r', LineKind.Precise),
  rule('propagating fp-', LineKind.Precise),
  rule('caller:', LineKind.Call),
  rule('callee:', LineKind.Call),
  rule('returning from callee:', LineKind.Call),
  rule('to caller at ', LineKind.Call),
  rule('Live regs before insn', LineKind.Liveness),
  rule('stack use/def ', LineKind.Liveness),
  rule('SCC ', LineKind.Note),
  rule('live stack ', LineKind.Liveness),
  rule('processed ', LineKind.Stats),
  rule('verification time ', LineKind.Stats),
  rule('Validating ', LineKind.Subprogram),
  rule('Verification failed: ', LineKind.Report),
]);

const STACK_DEPTH = ascii('stack depth ');
const FUNC = ascii('func#');
const GLOBAL_FUNC = ascii('Func#');
const FRAME = ascii('frame ');
const BEGIN_LOG = ascii('-- BEGIN PROG LOAD LOG --');

function byFirstByte(rules: readonly Rule[]): readonly (readonly Rule[])[] {
  const table = Array.from({ length: 256 }, (): Rule[] => []);
  for (const entry of rules) table[entry[0][0] ?? 0]?.push(entry);
  return table;
}

/** Sorts each line as it comes in and fills the columns. Nothing here looks at a byte more than a few times. */
export class LogParser {
  readonly store = new ByteStore((bytes, start, end, position) => {
    this.#line(bytes, start, end, position);
  });
  readonly kinds = new Column8();
  /** By kind: instruction's id, source's id, {@link FULL_STATE}, subprogram's number plus one. */
  readonly refs = new Column32();
  /** Source line's id in force, and the frame. */
  readonly sources = new Runs();
  readonly frames = new Runs();
  readonly insns = new InsnTable(this.store);
  readonly sourceLines = new SourceTable(this.store);
  readonly paths = new Paths();
  readonly sections: OpenSection[] = [openSection(0, undefined)];
  /** Lines that hold an error, a report's first line, the lines that were not understood. */
  readonly errors = new Column32(16);
  readonly reports = new Column32(16);
  readonly unknown = new Column32(16);
  /** Registers alive before each instruction, bit n for rn; -1 where the log has no table. */
  readonly live = new Map<number, number>();
  /** States behind instructions, as kernels from 5.17 on print them. */
  inlineStates = false;
  /** The first instruction printed is not the program's first: the log's head is missing. */
  headMissing = false;

  #ended = false;
  /** Index of the instruction printed last if that was an exit, or -1. */
  #exited = -1;
  /** The next state line holds all that is known. */
  #full = true;
  #inReport = false;
  #anyInsn = false;
  #anyStart = false;

  get lineCount(): number {
    return this.store.starts.length;
  }

  get bytes(): number {
    return this.store.bytes + this.kinds.bytes + this.refs.bytes + this.sources.bytes + this.frames.bytes;
  }

  #line(bytes: Uint8Array, lineStart: number, end: number, position: number): void {
    if (isMarkPrecise(bytes, lineStart, end)) {
      this.kinds.push(LineKind.Precise);
      return;
    }
    const line = this.lineCount - 1;
    const start = skipBlanks(bytes, lineStart, end);
    const kind =
      start === end ? LineKind.Blank : this.#sort(bytes, start, end, position + (start - lineStart), line);
    this.kinds.push(kind);
    if (kind === LineKind.Unknown) this.unknown.push(line);
    else if (kind === LineKind.Error) this.errors.push(line);
  }

  #sort(bytes: Uint8Array, start: number, end: number, at: number, line: number): LineKind {
    const first = bytes[start];
    if (isDigit(first)) {
      const kind = this.#numbered(bytes, start, end, at, line);
      if (kind !== LineKind.Unknown) {
        this.#inReport &&= kind === LineKind.Blank;
        return kind;
      }
    } else if (first === SEMICOLON) {
      const source = this.sourceLines.intern(bytes, start + 1, end, at + 1);
      this.refs.set(line, source);
      this.sources.set(line, source);
      return LineKind.Source;
    }
    return this.#worded(bytes, start, end, line);
  }

  /** Lines that begin with an instruction's index. */
  #numbered(bytes: Uint8Array, start: number, end: number, at: number, line: number): LineKind {
    const colon = skipDigits(bytes, start, end);
    if (bytes[colon] === SPACE) {
      // Strongly connected component, then the row of the liveness table.
      const pc = skipBlanks(bytes, colon, end);
      const after = skipDigits(bytes, pc, end);
      if (after > pc && bytes[after] === COLON)
        return this.#liveness(toNumber(bytes, pc, after), bytes, skipBlanks(bytes, after + 1, end), end);
    }
    if (bytes[colon] !== COLON) return this.#inReport ? LineKind.Report : this.#message(bytes, start, end);
    const pc = toNumber(bytes, start, colon);
    if (pc >= MAX_PC) return LineKind.Unknown;
    const rest = skipBlanks(bytes, colon + 1, end);
    if (isCode(bytes, rest, end)) return this.#insn(pc, bytes, rest, end, at + (rest - start), line);
    if (end - rest === SAFE.length && startsWith(bytes, rest, end, SAFE)) {
      this.#ended = true;
      return LineKind.Safe;
    }
    if (rest === end || looksLikeState(bytes, rest, end)) {
      this.#arrive(pc, line);
      this.#state(bytes, rest, end, line, this.#full || !this.inlineStates);
      return LineKind.State;
    }
    // `12: <invalid CO-RE relocation>`: what libbpf puts in an instruction's place.
    if (bytes[rest] === LESS) return this.#message(bytes, rest, end);
    const kind = this.#liveness(pc, bytes, rest, end);
    if (kind !== LineKind.Unknown) return kind;
    // Before any instruction check_cfg() names C lines this way (verbose_linfo(), Linux 6.7 and older).
    return this.#anyInsn ? this.#message(bytes, rest, end) : LineKind.Note;
  }

  #insn(pc: number, bytes: Uint8Array, start: number, end: number, at: number, line: number): LineKind {
    const id = this.insns.visit(pc, bytes, start, end, at);
    if (id < 0) return LineKind.Unknown;
    const insn = this.insns.at(id);
    if (!insn) return LineKind.Unknown;
    this.#anyInsn = true;
    this.#arrive(pc, line);
    this.#full = false;
    const state = inlineStateAt(bytes, this.insns.after, end);
    if (state >= 0) {
      this.inlineStates = true;
      this.frames.set(line, Math.max(0, frameAt(bytes, state, end)));
    }
    this.refs.set(line, id);
    if (this.sources.current > 0) this.insns.setSource(id, this.sources.current);
    this.paths.visit(line, insn);
    this.#exited = insn.kind === 'exit' ? pc : -1;
    if (insn.kind === 'exit' && this.frames.current === 0) this.#ended = true;
    return LineKind.Insn;
  }

  /** Whatever is printed for `pc` begins another path if the last one has ended. */
  #arrive(pc: number, line: number): void {
    if (!this.#anyStart) {
      this.headMissing = pc !== 0;
      this.#anyStart = true;
    }
    if (!this.#ended) return;
    this.#ended = false;
    this.#full = true;
    this.paths.branch(line, -1, pc);
  }

  #state(bytes: Uint8Array, start: number, end: number, line: number, full: boolean): void {
    this.frames.set(line, Math.max(0, frameAt(bytes, start, end)));
    this.refs.set(line, full ? FULL_STATE : 0);
  }

  /** `12: .1........ (61) r1 = ...`. */
  #liveness(pc: number, bytes: Uint8Array, start: number, end: number): LineKind {
    let mask = 0;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[start + i];
      if (byte === 48 + i) mask |= 1 << i;
      else if (byte !== 46) return LineKind.Unknown;
    }
    if (start + 10 >= end || bytes[start + 10] !== SPACE) return LineKind.Unknown;
    this.live.set(pc, mask);
    return LineKind.Liveness;
  }

  #worded(bytes: Uint8Array, start: number, end: number, line: number): LineKind {
    const first = bytes[start] ?? 0;
    for (const [prefix, kind] of RULES[first] ?? [])
      if (startsWith(bytes, start, end, prefix)) return this.#known(kind, bytes, start, end, line);
    if (this.#inReport) return LineKind.Report;
    if (first === SMALL_F) {
      const branch = readBranch(bytes, start, end);
      if (branch) return this.#from(branch, bytes, end, line);
    }
    if (looksLikeState(bytes, start, end)) {
      this.#state(bytes, start, end, line, true);
      return LineKind.State;
    }
    if (startsWith(bytes, start, end, STACK_DEPTH) && isDigit(bytes[start + STACK_DEPTH.length]))
      return this.#known(LineKind.Stats, bytes, start, end, line);
    if (startsWith(bytes, start, end, FUNC)) return this.#subprogram(bytes, start, end, line);
    if (startsWith(bytes, start, end, GLOBAL_FUNC)) return this.#globalFunction(bytes, start, end);
    if (startsWith(bytes, start, end, FRAME) && isDigit(bytes[start + FRAME.length])) return LineKind.Precise;
    if (startsWith(bytes, end - BEGIN_LOG.length, end, BEGIN_LOG)) {
      this.#begin(
        line,
        /prog '([^']{1,256})'/.exec(decodeUtf8(bytes, start, Math.min(end, start + 512)))?.[1],
      );
      return LineKind.Wrapper;
    }
    // `(5,20) frame 0 insn 22 +written -8`: liveness of the stack, by call chain.
    if (first === OPEN && isDigit(bytes[start + 1]) && !isOmission(bytes, start, end))
      return LineKind.Liveness;
    return this.#message(bytes, start, end);
  }

  #message(bytes: Uint8Array, start: number, end: number): LineKind {
    return classifyMessage(decodeUtf8(bytes, start, Math.min(end, start + LONGEST_MESSAGE)));
  }

  #known(kind: LineKind, bytes: Uint8Array, start: number, end: number, line: number): LineKind {
    if (kind === LineKind.Stats) {
      this.#inReport = false;
      const section = this.#section();
      section.counters = { ...section.counters, ...parseCounters(this.#text(bytes, start, end)) };
      if (bytes[start] === 112 && !section.done) {
        section.done = true;
        section.brokenOff = this.#anyInsn && !this.#ended;
      }
    } else if (kind === LineKind.Report) {
      this.#inReport = true;
      this.reports.push(line);
    } else if (kind === LineKind.Subprogram) {
      const match = /^Validating ([\w.]{1,128})\(\) func#(\d{1,5})/.exec(this.#text(bytes, start, end));
      if (match) this.#named(Number(match[2]), match[1]);
      this.#restart(line);
    }
    return kind;
  }

  #from(
    branch: { from: number; to: number; rest: number },
    bytes: Uint8Array,
    end: number,
    line: number,
  ): LineKind {
    const { from, to, rest } = branch;
    if (from >= MAX_PC || to >= MAX_PC) return LineKind.Unknown;
    const safe = end - rest === SAFE.length && startsWith(bytes, rest, end, SAFE);
    if (!safe && rest < end && !looksLikeState(bytes, rest, end)) return LineKind.Unknown;
    this.#anyStart = true;
    // On 5.10, `from 2 to 4: safe` may follow the branch's own lines: it ends that path and begins none.
    // A function's return is printed this way too: its `from` is the exit that was printed just before.
    const returned = this.#exited === from && !this.#ended;
    if (!returned && (!safe || this.#ended)) this.paths.branch(line, from, to);
    this.#ended = safe;
    this.#full = true;
    if (safe) return LineKind.Safe;
    this.#state(bytes, rest, end, line, true);
    return LineKind.From;
  }

  /** `func#1 @12`. */
  #subprogram(bytes: Uint8Array, start: number, end: number, line: number): LineKind {
    const match = /^func#(\d{1,5}) @(\d{1,7})$/.exec(this.#text(bytes, start, end));
    if (!match) return this.#message(bytes, start, end);
    const id = Number(match[1]);
    if (id === 0 && (this.#section().done || this.#anyInsn)) this.#begin(line, undefined);
    const known = this.#section().subprograms.get(id);
    this.#section().subprograms.set(id, { pc: Number(match[2]), name: known?.name });
    this.refs.set(line, id + 1);
    if (id === 0) this.#restart(line);
    return LineKind.Subprogram;
  }

  #globalFunction(bytes: Uint8Array, start: number, end: number): LineKind {
    const match = /^Func#(\d{1,5}) \('([^']{1,128})'\) is /.exec(this.#text(bytes, start, end));
    if (!match) return LineKind.Error;
    this.#named(Number(match[1]), match[2]);
    return LineKind.Subprogram;
  }

  #named(id: number, name: string | undefined): void {
    const known = this.#section().subprograms.get(id);
    this.#section().subprograms.set(id, { pc: known?.pc, name });
  }

  /** Another program's log begins. */
  #begin(line: number, program: string | undefined): void {
    this.sections.push(openSection(line, program));
    this.insns.forget();
    this.paths.forget();
    this.live.clear();
    this.sources.set(line, 0);
    this.#anyInsn = false;
    this.#inReport = false;
    this.#restart(line);
  }

  #restart(line: number): void {
    this.paths.root(line);
    this.#ended = false;
    this.#full = true;
    this.frames.set(line, 0);
    this.#anyStart = true;
  }

  #section(): OpenSection {
    const last = this.sections[this.sections.length - 1];
    if (last) return last;
    const first = openSection(0, undefined);
    this.sections.push(first);
    return first;
  }

  #text(bytes: Uint8Array, start: number, end: number): string {
    return decodeUtf8(bytes, start, Math.min(end, start + LONGEST_MESSAGE));
  }
}

/** `(61) ` at `start`. */
const isCode = (bytes: Uint8Array, start: number, end: number): boolean =>
  start + 5 < end &&
  bytes[start] === OPEN &&
  isHex(bytes[start + 1]) &&
  isHex(bytes[start + 2]) &&
  bytes[start + 3] === CLOSE &&
  bytes[start + 4] === SPACE;

/** Where the state behind an instruction begins, or -1; `separator` is the offset of its semicolon or index. */
function inlineStateAt(bytes: Uint8Array, separator: number, end: number): number {
  if (separator >= end) return -1;
  const mark = bytes[separator] === SEMICOLON ? separator : skipDigits(bytes, separator, end);
  const state = skipBlanks(bytes, mark + 1, end);
  return state < end ? state : -1;
}

const OMITTED = ascii(' line');

/** `(12 lines omitted)`, in the place of lines that a tool left out. */
const isOmission = (bytes: Uint8Array, start: number, end: number): boolean =>
  startsWith(bytes, skipDigits(bytes, start + 1, end), end, OMITTED);
