// SPDX-License-Identifier: Apache-2.0
/** What the verifiers of hosts said of programs: runs, which of them are kept, and how two of them differ. */
export { RunHistory } from './history';
export { decodeRun, defined, programKey, runKey, stackBytes } from './run';
export type { CodePlace, RunProblem, SourceFile, VerifierRun } from './run';
export { readRun, withSources } from './read';
export type { JudgedProgram, ReadOptions, ReadRun, RunContext } from './read';
export { digestIn, isSourceOf, verdictsOn } from './verdicts';
export type { Verdict } from './verdicts';
export { compareRuns, metricOf, METRICS } from './compare';
export type { Change, LineChange, Metric, MetricChange, RunComparison } from './compare';
