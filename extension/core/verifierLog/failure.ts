// SPDX-License-Identifier: Apache-2.0
import { LineKind } from './kinds';
import type { LogParser } from './parser';
import { parseReport, type Section, type Subprogram, type VerifierReport } from './sections';
import type { SourceLine } from './sourceTable';

/** Why and where the verifier refused a program. */
export interface VerifierFailure {
  /** Line of the log with the message; of the instruction at fault when there is none ({@link NO_REASON}). */
  readonly line: number;
  readonly message: string;
  /** All lines of the message, {@link line} among them. */
  readonly lines: readonly number[];
  /** Line of the instruction at fault; undefined when the program was refused before any was printed. */
  readonly insnLine: number | undefined;
  /** The instruction's index. */
  readonly insn: number | undefined;
  readonly source: SourceLine | undefined;
  readonly subprogram: Subprogram | undefined;
  /** Instruction that the message names as the origin: the one that acquired a reference. */
  readonly originInsn: number | undefined;
  /** Linux 7.3 and later. */
  readonly report: VerifierReport | undefined;
}

/**
 * Stands for the message of a program that is refused without one, as some kernels do for a write to a structure of
 * theirs: tc_cls_act_btf_struct_access() of net/core/filter.c.
 */
export const NO_REASON = 'no reason was given';

const NAMED_INSN = /\binsn (\d{1,7})\b/;
const ORIGIN = /\balloc_insn=(\d{1,7})\b/;
/** Messages about the whole way, not about the instruction printed last; the last of several tells less. */
const DETAIL = /^(?:Unreleased reference|infinite loop detected)/;
const MAX_REPORT_LINES = 4096;
/** Of more lines the first and the last are looked at, and so much of each. */
const MAX_MESSAGE_LINES = 256;
const LONGEST_LINE = 4096;

/** The failure of a program's part of a log; undefined if it was accepted or the log does not say. */
export function findFailure(log: LogParser, section: Section): VerifierFailure | undefined {
  const last = lastOf(log, section.endLine, section.firstLine, LineKind.Insn);
  const lines = messageLines(log, Math.max(last + 1, section.firstLine), section.endLine);
  const report = readReport(log, section);
  const told = chosen(log, lines);
  const line = told ?? (section.brokenOff && last >= 0 ? last : undefined);
  if (line === undefined) return undefined;
  const message = told === undefined ? NO_REASON : text(log, told);
  const named = NAMED_INSN.exec(message)?.[1];
  const insnLine = last < 0 ? undefined : last;
  const printed = insnLine === undefined ? undefined : log.insns.at(log.refs.at(insnLine))?.pc;
  const insn = named !== undefined && insnLine === undefined ? Number(named) : (report?.insn ?? printed);
  const origin = lines.map(l => ORIGIN.exec(text(log, l))?.[1]).find(found => found !== undefined);
  return {
    line,
    message,
    lines,
    insnLine,
    insn,
    source: sourceOf(log, insnLine, report),
    subprogram: insn === undefined ? undefined : subprogramOf(section, insn),
    originInsn: origin === undefined ? undefined : Number(origin),
    report,
  };
}

const text = (log: LogParser, line: number): string => log.store.lineText(line, LONGEST_LINE).trim();

function lastOf(log: LogParser, end: number, first: number, kind: LineKind): number {
  for (let line = end - 1; line >= first; line--) if (log.kinds.at(line) === kind) return line;
  return -1;
}

/** Errors between two lines; lines that are not understood stand in where there are none. */
function messageLines(log: LogParser, from: number, to: number): number[] {
  const errors: number[] = [];
  const unknown: number[] = [];
  for (let line = from; line < to && line < from + 65536; line++) {
    const kind = log.kinds.at(line);
    if (kind === LineKind.Stats || kind === LineKind.Report) break;
    if (kind === LineKind.Error) add(errors, line);
    else if (kind === LineKind.Unknown) add(unknown, line);
  }
  return errors.length > 0 ? errors : unknown;
}

function add(lines: number[], line: number): void {
  if (lines.length === MAX_MESSAGE_LINES) lines.splice(MAX_MESSAGE_LINES / 2, 1);
  lines.push(line);
}

const chosen = (log: LogParser, lines: readonly number[]): number | undefined =>
  lines.find(line => DETAIL.test(text(log, line))) ?? lines[lines.length - 1];

/** The source of an instruction; code without a line of its own belongs to the line printed before. */
function sourceOf(
  log: LogParser,
  insnLine: number | undefined,
  report: VerifierReport | undefined,
): SourceLine | undefined {
  let found: SourceLine | undefined;
  for (let line = insnLine ?? -1; line >= 0 && line > (insnLine ?? 0) - 65536; line--) {
    const source = log.sourceLines.at(log.sources.at(line));
    if (source && (source.line !== undefined || source.text !== '')) {
      found = source;
      break;
    }
  }
  if (report?.file === undefined) return found;
  return { text: found?.text ?? '', file: report.file, line: report.line };
}

/** The function that an instruction belongs to. */
export function subprogramOf(section: Section, insn: number): Subprogram | undefined {
  let best: Subprogram | undefined;
  for (const subprogram of section.subprograms)
    if (subprogram.pc !== undefined && subprogram.pc <= insn && subprogram.pc >= (best?.pc ?? 0))
      best = subprogram;
  return best;
}

function readReport(log: LogParser, section: Section): VerifierReport | undefined {
  const first = log.reports.at(log.reports.floor(section.endLine - 1));
  if (log.reports.floor(section.endLine - 1) < 0 || first < section.firstLine) return undefined;
  const lines: string[] = [];
  for (let line = first; line < section.endLine && lines.length < MAX_REPORT_LINES; line++) {
    const kind = log.kinds.at(line);
    if (kind !== LineKind.Report && kind !== LineKind.Blank) break;
    lines.push(log.store.lineText(line, LONGEST_LINE));
  }
  return parseReport(lines);
}
