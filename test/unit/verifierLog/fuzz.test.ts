// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { VerifierLog } from '../../../extension/core/verifierLog';
import { captureLogs, FIXTURES } from './realLogs';

/** Inputs by hand: FUZZ_RUNS=1000000 npx vitest run --project unit test/unit/verifierLog/fuzz.test.ts. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);
const SEED_BYTES = Number(process.env['FUZZ_SEED_BYTES'] ?? 4000);

/** A change to a log: some lines of another one put in, bytes overwritten, a part left out or repeated. */
const change = fc.record({
  kind: fc.constantFrom('overwrite', 'insert', 'remove', 'repeat', 'swap'),
  at: fc.nat(1_000_000),
  length: fc.nat(40),
  text: fc.oneof(
    fc.string({ maxLength: 12, unit: 'binary' }),
    fc.constantFrom('(((', '\n', '; ', 'from 1 to 2: ', 'R1=', ': ', ' frame9: '),
  ),
});

interface Change {
  readonly kind: string;
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

function mutate(log: string, { kind, at, length, text }: Change): string {
  const from = log.length === 0 ? 0 : at % log.length;
  const to = Math.min(log.length, from + length);
  if (kind === 'overwrite') return log.slice(0, from) + text + log.slice(from + text.length);
  if (kind === 'insert') return log.slice(0, from) + text + log.slice(from);
  if (kind === 'remove') return log.slice(0, from) + log.slice(to);
  if (kind === 'repeat') return log.slice(0, to) + log.slice(from, to) + log.slice(to);
  return log.slice(from) + log.slice(0, from);
}

/** Uses everything that a view would ask of a log. */
function exercise(text: string, pick: number): void {
  const log = VerifierLog.parse(text);
  const line = log.lineCount === 0 ? 0 : pick % log.lineCount;
  const failure = log.failure();
  for (const at of [line, failure?.insnLine ?? line]) {
    if (at >= log.lineCount) continue;
    log.line(at);
    log.stateAt(at);
    log.slice(at, { register: pick % 11 });
    log.slice(at, { slot: -8 });
  }
  log.find('R1', line);
  log.visitsBySource();
  expect(log.unrecognizedCount).toBeLessThanOrEqual(log.lineCount);
}

describe('mutated logs', () => {
  const seeds: string[] = [];
  beforeAll(async () => {
    for (const [name, cpu] of FIXTURES)
      for (const { log } of await captureLogs(name, cpu, [1, 2]))
        if (log.length < SEED_BYTES) seeds.push(log);
  }, 60_000);

  it('neither throw nor hang', () => {
    expect(seeds.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        (seed, changes, pick) => {
          exercise(changes.reduce(mutate, seeds[seed % seeds.length] ?? ''), pick);
        },
      ),
      { numRuns: RUNS, interruptAfterTimeLimit: process.env['FUZZ_RUNS'] === undefined ? 8_000 : 3_600_000 },
    );
  }, 3_600_000);

  it('take time in proportion to their length', () => {
    for (const unit of [
      'R1=((((',
      'from 1 to 2: R1=( ',
      '0: (b7) r0 = 0 ; ',
      ';',
      'regs= before ',
      '1: (05) goto pc+0\nfrom 1 to 2: safe\n',
    ]) {
      const time = (length: number): number => {
        const text = unit.repeat(Math.ceil(length / unit.length));
        const start = performance.now();
        VerifierLog.parse(text);
        return performance.now() - start;
      };
      for (let warm = 0; warm < 5; warm++) time(200_000);
      expect(time(2_000_000)).toBeLessThan(40 * Math.max(15, time(200_000)));
    }
  });
});
