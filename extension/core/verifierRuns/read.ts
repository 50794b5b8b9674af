// SPDX-License-Identifier: Apache-2.0
import type { VerifiedProgram } from '../../protocol/agent';
import { inTurns, type Turns } from '../util/turns';
import { feedLog, VerifierLog } from '../verifierLog';
import { problemOf } from './problem';
import { defined, placeOf, RUN_VERSION, type SourceFile, type VerifierRun } from './run';

/** More lines of C than this are not kept per run; the most visited ones are. */
const MAX_LINES = 2000;

/** BPF_LOG_LEVEL2 of kernel/bpf/verifier.c. */
const EVERY_PATH = 2;

/** What is known of a run beside what the agent answers. */
export interface RunContext {
  readonly id: string;
  readonly at: string;
  readonly host: VerifierRun['host'];
  readonly object: string;
  readonly target: string;
  readonly logLevel: number;
}

/** A program as an answer of `verify`, or of a refused `attach`, tells of it. */
export type JudgedProgram = Pick<VerifiedProgram, 'name' | 'ok' | 'error' | 'log'> & Partial<VerifiedProgram>;

export interface ReadRun {
  readonly run: VerifierRun;
  /** Files that the log names; undefined stands for the source itself. */
  readonly files: readonly (string | undefined)[];
}

export interface ReadOptions extends Turns {
  /** Nobody waits for the run any more. */
  readonly stopped: () => boolean;
}

/**
 * Reads a program's log, with pauses; undefined when nobody waits for it any more. The run's `sources` are among those
 * of the object, by the files that the log names: see {@link withSources}.
 */
export async function readRun(
  context: RunContext,
  program: JudgedProgram,
  options: ReadOptions,
): Promise<ReadRun | undefined> {
  const { stopped } = options;
  const log = new VerifierLog();
  await feedLog(log, [program.log], options);
  log.end();
  // The explanation asks for the state at the error.
  const { insnLine } = program.ok ? {} : (log.failure() ?? {});
  if (insnLine !== undefined) await inTurns(options, () => stopped() || log.approach(insnLine));
  return stopped() ? undefined : readLog(context, program, log);
}

function readLog(context: RunContext, program: JudgedProgram, log: VerifierLog): ReadRun {
  const { counters } = log;
  const insnsProcessed = program.insnsProcessed ?? counters.insns;
  const bySource = log.visitsBySource();
  const printed = log.visitsByInsn().reduce((sum, insn) => sum + insn.visits, 0);
  const { head, tail } = log.truncation;
  // At level 1 the kernel takes back the lines of each path that it leaves.
  const whole = (context.logLevel & EVERY_PATH) !== 0 && !head && !tail;
  const problem = program.ok ? undefined : problemOf(log);
  const run: VerifierRun = {
    version: RUN_VERSION,
    ...context,
    sources: [],
    program: program.name,
    section: program.section ?? '',
    type: program.type ?? '',
    ok: program.ok,
    ...defined({
      error: program.error ?? undefined,
      problem,
      insns: program.insns,
      insnsProcessed,
      totalStates: counters.totalStates,
      peakStates: counters.peakStates,
      maxStatesPerInsn: counters.maxStatesPerInsn,
      stackDepth: counters.stackDepth?.slice(),
      verificationTime: counters.verificationTime,
    }),
    logLines: log.lineCount,
    visits: bySource.slice(0, MAX_LINES).map(({ source, visits }) => ({ ...placeOf(source), visits })),
    allVisits: bySource.length <= MAX_LINES && (whole || printed >= (insnsProcessed ?? Infinity)),
  };
  const places = [...run.visits, problem?.place, problem?.origin, ...(problem?.calls ?? [])];
  return { run, files: [...new Set(places.flatMap(place => (place === undefined ? [] : [place.file])))] };
}

export function withSources(run: VerifierRun, sources: readonly SourceFile[]): VerifierRun {
  return { ...run, sources: [...sources] };
}
