// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import { defined, stackBytes, type VerifierRun } from './run';

const count = v.optional(v.pipe(v.number(), v.minValue(0)));

const cell = v.object({
  program: v.string(),
  /** The log is that of this run. */
  runId: v.string(),
  ok: v.boolean(),
  /** Why it was refused; empty when it was not. */
  reason: v.string(),
  insns: count,
  states: count,
  /** Bytes. */
  stack: count,
  /** Microseconds. */
  time: count,
});
export type HostCell = v.InferOutput<typeof cell>;

const row = v.object({
  /** To verify there again; tables of earlier versions do not have it. */
  hostId: v.optional(v.string()),
  label: v.string(),
  /** `uname -r`; empty when it is not known. */
  kernel: v.string(),
  /** The host was not heard yet. */
  waiting: v.optional(v.literal(true)),
  /** One sentence: why the host could not be asked. */
  problem: v.optional(v.string()),
  /** Milliseconds, with the connection. */
  duration: count,
  cells: v.array(cell),
});
export type HostRow = v.InferOutput<typeof row>;

/** What the verifiers of several hosts say of one object. */
const table = v.object({
  version: v.literal(1),
  /** Base name of what was verified. */
  name: v.string(),
  /** What was asked to be verified, as a run's `target`; tables of earlier versions do not have it. */
  file: v.optional(v.string()),
  /** ISO 8601. */
  at: v.string(),
  rows: v.array(row),
});
export type HostTable = v.InferOutput<typeof table>;

export const HOST_TABLE_VERSION = 1;

/** undefined for what is no table of this version. */
export function decodeHostTable(value: unknown): HostTable | undefined {
  const result = v.safeParse(table, value);
  return result.success ? result.output : undefined;
}

export function hostCell(run: VerifierRun): HostCell {
  return {
    program: run.program,
    runId: run.id,
    ok: run.ok,
    reason: run.ok ? '' : (run.problem?.title ?? run.error ?? ''),
    ...defined({
      insns: run.insnsProcessed,
      states: run.totalStates,
      stack: stackBytes(run),
      time: run.verificationTime,
    }),
  };
}

/** The columns: every program that a host told of, in the order of the object. */
export function programsOf({ rows }: HostTable): string[] {
  return [...new Set(rows.flatMap(({ cells }) => cells.map(({ program }) => program)))];
}
