// SPDX-License-Identifier: Apache-2.0
import {
  type JudgedProgram,
  readRun,
  type RunContext,
  type VerifierRun,
} from '../../../extension/core/verifierRuns';
import { RUN_VERSION } from '../../../extension/core/verifierRuns/run';

let count = 0;

/** A run as the tests need one; each is a second later than the one before. */
export function madeRun(change: Partial<VerifierRun> = {}): VerifierRun {
  count++;
  return {
    version: RUN_VERSION,
    id: `run-${count}`,
    at: new Date(Date.UTC(2026, 0, 1) + count * 1000).toISOString(),
    host: { id: 'local', label: 'Local', kernel: '6.12.1' },
    object: 'a.bpf.o',
    target: '/w/a.bpf.c',
    sources: [{ path: '/w/a.bpf.c', sha256: 'aa' }],
    program: 'first',
    section: 'sk_msg',
    type: 'sk_msg',
    ok: true,
    insns: 10,
    insnsProcessed: 40,
    totalStates: 4,
    peakStates: 3,
    maxStatesPerInsn: 2,
    stackDepth: [16, 8],
    verificationTime: 120,
    logLevel: 6,
    logLines: 50,
    visits: [],
    allVisits: true,
    ...change,
  };
}

/** The run of a log, read to its end. */
export async function readWhole(context: RunContext, program: JudgedProgram): Promise<VerifierRun> {
  const read = await readRun(context, program, {
    now: () => performance.now(),
    pause: () => Promise.resolve(),
    stopped: () => false,
  });
  if (read === undefined) throw new Error('It was given up.');
  return read.run;
}
