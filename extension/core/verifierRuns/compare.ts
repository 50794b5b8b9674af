// SPDX-License-Identifier: Apache-2.0
import { type CodePlace, stackBytes, type VerifierRun } from './run';

export const METRICS = [
  'insns',
  'insnsProcessed',
  'totalStates',
  'peakStates',
  'maxStatesPerInsn',
  'stack',
  'verificationTime',
] as const;
export type Metric = (typeof METRICS)[number];

/** A figure in two runs; undefined where a run does not have it. */
export interface Change {
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** after - before; undefined where one is missing. */
  readonly delta: number | undefined;
}

export interface MetricChange extends Change {
  readonly metric: Metric;
}

export interface LineChange extends Change {
  /** As the later run has it, or the earlier one where the later has no such line. */
  readonly place: CodePlace;
}

export interface RunComparison {
  readonly before: VerifierRun;
  readonly after: VerifierRun;
  readonly metrics: readonly MetricChange[];
  /** C lines whose visits differ, the biggest change first. */
  readonly lines: readonly LineChange[];
  /** C lines that were visited as often as before. */
  readonly sameLines: number;
  /** False when a log did not hold every visit, so that the lines tell of the last path only. */
  readonly exact: boolean;
}

export function metricOf(run: VerifierRun, metric: Metric): number | undefined {
  return metric === 'stack' ? stackBytes(run) : run[metric];
}

/**
 * What changed from one run of a program to another. Lines are matched by their text and their turn among lines of
 * the same text, so that lines put in above do not make every line below a change.
 */
export function compareRuns(before: VerifierRun, after: VerifierRun): RunComparison {
  const metrics = METRICS.map(metric => ({
    metric,
    ...changeOf(metricOf(before, metric), metricOf(after, metric)),
  }));
  const earlier = byTurn(before);
  const later = byTurn(after);
  const changes: LineChange[] = [];
  let sameLines = 0;
  for (const key of new Set([...earlier.keys(), ...later.keys()])) {
    const [a, b] = [earlier.get(key), later.get(key)];
    const place = b ?? a;
    if (place === undefined) continue;
    // A line that a run does not have was not visited.
    const change = changeOf(a?.visits ?? 0, b?.visits ?? 0);
    if (change.delta === 0) sameLines++;
    else changes.push({ place: withoutVisits(place), ...change });
  }
  changes.sort((a, b) => Math.abs(b.delta ?? 0) - Math.abs(a.delta ?? 0));
  return { before, after, metrics, lines: changes, sameLines, exact: before.allVisits && after.allVisits };
}

type Visited = VerifierRun['visits'][number];

function byTurn(run: VerifierRun): Map<string, Visited> {
  const sorted = [...run.visits].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const turns = new Map<string, number>();
  const lines = new Map<string, Visited>();
  for (const line of sorted) {
    const name = JSON.stringify([line.file, line.text]);
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    lines.set(JSON.stringify([name, turn]), line);
  }
  return lines;
}

function withoutVisits({ file, line, text }: Visited): CodePlace {
  return { text, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}

function changeOf(before: number | undefined, after: number | undefined): Change {
  return {
    before,
    after,
    delta: before === undefined || after === undefined ? undefined : after - before,
  };
}
