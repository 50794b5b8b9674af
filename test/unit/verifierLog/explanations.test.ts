// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { explain, VerifierLog, type Explanation } from '../../../extension/core/verifierLog';
import { ENTRIES } from '../../../extension/core/verifierLog/explain';
import { captureLogs, captureUnprivileged } from './realLogs';

/** test/fixtures/verifier/explain: each program is named after its explanation, and `__` after that what differs. */
const FILES = [
  'complexity',
  'flow',
  'helpers',
  'kfuncs',
  'locks',
  'memory',
  'packets',
  'proprietary',
  'size',
] as const;

/** Refused of loaders without CAP_PERFMON only: files of one program each, below test/fixtures/verifier/explain. */
const UNPRIVILEGED = ['pointer_arithmetic', 'pointer_leak', 'stack_uninitialised'] as const;

/** Entries whose program other kernels or loaders refuse in this way, and where it is tried. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'back-edge': 'test/long/unprivileged.test.ts: most systems let no such loader load anything',
  'no-reason': 'test/long/verifierLog.test.ts: kernel_memory_write on Linux 6.1 and 6.12',
};

describe('each explanation has a program that the running kernel refuses for it', () => {
  const found = new Map<string, Explanation | undefined>();
  const entryOf = (program: string): string => program.replace(/__.*/, '').replaceAll('_', '-');

  beforeAll(async () => {
    for (const file of FILES)
      for (const { name, log } of await captureLogs(`explain/${file}`, 'v3', [1]))
        found.set(name, explain(VerifierLog.parse(log)));
    for (const program of UNPRIVILEGED)
      found.set(
        program,
        explain(VerifierLog.parse(await captureUnprivileged(`explain/unprivileged/${program}`))),
      );
  }, 60_000);

  it('programs get the explanation that they are named after', () => {
    expect([...found].map(([program, explanation]) => `${program}: ${explanation?.id ?? 'none'}`)).toEqual(
      [...found.keys()].map(program => `${program}: ${entryOf(program)}`),
    );
  });

  it('every entry has one, or its reason why not', () => {
    const covered = new Set([...found.keys()].map(entryOf));
    const without = ENTRIES.map(({ id }) => id).filter(id => !covered.has(id));
    expect(without.sort()).toEqual(Object.keys(ELSEWHERE).sort());
  });

  it('says what to do in sentences, and where a walked program was refused', () => {
    for (const [program, explanation] of found) {
      for (const sentence of [explanation?.knew, explanation?.needed, explanation?.fix])
        expect(sentence, program).toMatch(/^\S.*[.`]$/s);
      if (explanation?.failure.insnLine !== undefined)
        expect(explanation.failure.source, program).toBeDefined();
    }
  });

  it('no two entries have one id', () => {
    expect(new Set(ENTRIES.map(({ id }) => id)).size).toBe(ENTRIES.length);
  });
});
