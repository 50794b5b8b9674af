// SPDX-License-Identifier: Apache-2.0
import type { Bar, ExplanationCard, HotSpot, Place, Summary } from '../../protocol/verifierPanel';
import { formatBytes, formatCount, formatDuration } from '../format';
import {
  type InsnVisits,
  LineKind,
  type SourceLine,
  type VerifierFailure,
  type VerifierLog,
} from '../verifierLog';
import { INSN_LIMIT } from '../verifierSummary';

/** MAX_BPF_STACK of include/linux/filter.h, for each chain of calls. */
const STACK_LIMIT = 512;
const HOT_SPOTS = 100;

/** What is said about a refusal, from a table of explanations. */
export interface Explained {
  readonly id: string;
  readonly title: string;
  readonly knew: string;
  readonly needed: string;
  readonly fix: string;
  readonly origin:
    { readonly line: number; readonly source: SourceLine | undefined; readonly text: string } | undefined;
}
export type Explain = (log: VerifierLog) => Explained | undefined;

/** Words of the summary, in the user's language; `{0}` and `{1}` are replaced. */
export interface SummaryWords {
  readonly processed: string;
  readonly totalStates: string;
  readonly peakStates: string;
  readonly statesPerInsn: string;
  readonly stackOf: string;
  readonly mainFunction: string;
  readonly time: string;
  readonly size: string;
  readonly ofLimit: string;
  readonly headMissing: string;
  readonly tailMissing: string;
  readonly refused: string;
  /** Said of a log whose rest was left out. */
  readonly stopped: string;
}

export const fill = (words: string, ...values: readonly string[]): string =>
  words.replace(/\{(\d)\}/g, (_, index: string) => values[Number(index)] ?? '');

export function placeText(source: SourceLine | undefined): string {
  if (source?.line === undefined) return '';
  return `${source.file ?? ''}:${source.line}`;
}

export const placeOf = (source: SourceLine): Place => ({
  text: source.text,
  ...(source.file === undefined ? {} : { file: source.file }),
  ...(source.line === undefined ? {} : { line: source.line }),
});

export function summarizeLog(log: VerifierLog, explain: Explain, words: SummaryWords): Summary {
  const failure = log.failure();
  const insns = log.visitsByInsn();
  const { head, tail } = log.truncation;
  const errorLine = failure?.insnLine ?? failure?.line;
  return {
    lines: log.lineCount,
    bytes: log.size,
    paths: log.pathCount,
    unrecognized: log.unrecognizedCount,
    programs: log.sections.flatMap(section => section.program ?? []),
    ...(errorLine === undefined ? {} : { errorLine }),
    ...(failure ? { explanation: card(failure, explain(log), words) } : {}),
    bars: bars(log, insns, words),
    warnings: [...(head ? [words.headMissing] : []), ...(tail ? [words.tailMissing] : [])],
    exact: holdsEveryVisit(log, insns),
    hotLines: log
      .visitsBySource()
      .slice(0, HOT_SPOTS)
      .map(({ source, visits }): HotSpot => ({ visits, text: source.text, place: placeText(source) })),
    hotInsns: [...insns]
      .sort((a, b) => b.visits - a.visits)
      .slice(0, HOT_SPOTS)
      .map(({ insn, visits, source }) => ({
        visits,
        insn: insn.pc,
        text: insn.text,
        place: placeText(source),
      })),
  };
}

/** At level 1 the kernel takes back the lines of each path that it leaves. */
function holdsEveryVisit(log: VerifierLog, insns: readonly InsnVisits[]): boolean {
  const { lineCount, sections } = log;
  const processed = sections.reduce((sum, { counters }) => sum + (counters.insns ?? 0), 0);
  const printed = insns.reduce((sum, { visits }) => sum + visits, 0);
  // It counts, but does not print, an instruction at which it knows the state, or refuses the program for a loop.
  let missing = processed - printed - sections.length;
  if (missing > lineCount - printed) return false;
  for (let line = 0; line < lineCount && missing > 0; line++) {
    if (log.kind(line) === LineKind.Safe) missing--;
  }
  return missing <= 0;
}

function card(
  failure: VerifierFailure,
  explained: Explained | undefined,
  words: SummaryWords,
): ExplanationCard {
  const { source } = failure;
  const origin = explained?.origin;
  return {
    id: explained?.id ?? '',
    title: explained?.title ?? words.refused,
    knew: explained?.knew ?? failure.report?.reason ?? '',
    needed: explained?.needed ?? '',
    fix: explained?.fix ?? failure.report?.suggestion ?? '',
    message: failure.message,
    ...(source ? { source: placeOf(source) } : {}),
    ...(origin
      ? {
          origin: {
            text: origin.text,
            line: origin.line,
            ...(origin.source ? { source: placeOf(origin.source) } : {}),
          },
        }
      : {}),
  };
}

function bars(log: VerifierLog, insns: readonly InsnVisits[], words: SummaryWords): Bar[] {
  const { counters, subprograms } = log.sections.at(-1) ?? { counters: {}, subprograms: [] };
  const list: Bar[] = [];
  const add = (label: string, value: number | undefined, limit?: number, format = formatCount): void => {
    if (value === undefined) return;
    const text = limit === undefined ? format(value) : fill(words.ofLimit, format(value), format(limit));
    list.push({ label, value, text, ...(limit === undefined ? {} : { limit }) });
  };
  add(words.processed, counters.insns, counters.insnLimit ?? INSN_LIMIT);
  const size = insns.reduce((most, { insn }) => Math.max(most, insn.pc + 1), 0);
  if (size > 0) add(words.size, size, INSN_LIMIT);
  for (const { id, name, stackDepth } of subprograms) {
    const title = name ?? (id === 0 ? words.mainFunction : `#${id}`);
    add(fill(words.stackOf, title), stackDepth, STACK_LIMIT, formatBytes);
  }
  add(words.totalStates, counters.totalStates);
  add(words.peakStates, counters.peakStates);
  add(words.statesPerInsn, counters.maxStatesPerInsn);
  const { verificationTime } = counters;
  add(words.time, verificationTime, undefined, value => formatDuration(value / 1000));
  return list;
}
