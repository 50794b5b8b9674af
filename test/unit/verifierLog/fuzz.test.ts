// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { inputs } from '../../fuzz/mutations';
import { check, checkTime } from '../../fuzz/properties';
import { captureLogs, FIXTURES } from './realLogs';

/** A short session; `npm run fuzz` is the long one. */
const SEED = 20_261_126;
const RUNS = 500;
const TIMED = 8;

describe('mutated logs', () => {
  const seeds: string[] = [];
  beforeAll(async () => {
    for (const [name, cpu] of FIXTURES)
      for (const { log } of await captureLogs(name, cpu, [1, 2])) seeds.push(log);
  }, 60_000);

  it('are kept line by line, whatever the chunks, and every question about them is answered', () => {
    fc.assert(
      fc.property(inputs, input => check(input, seeds)),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('take time in proportion to their length', () => {
    fc.assert(
      fc.property(inputs, input => checkTime(input, seeds)),
      { seed: SEED, numRuns: TIMED },
    );
  });
});
