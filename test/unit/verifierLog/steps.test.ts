// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { VerifierLog } from '../../../extension/core/verifierLog';
import { processorTime } from '../../support/processorTime';

/** One path of many rounds, in which r6 is what the rounds before made of it and fp-8 is spilled and filled. */
function longPath(rounds: number): VerifierLog {
  const lines = ['0: (b7) r6 = 0 ; R6_w=0'];
  for (let i = 1; i <= rounds; i++)
    lines.push(
      `1: (07) r6 += 1                       ; R6_w=${i}`,
      `2: (7b) *(u64 *)(r10 -8) = r6         ; R6_w=${i} R10=fp0 fp-8_w=${i}`,
      `3: (79) r6 = *(u64 *)(r10 -8)         ; R6_w=${i} R10=fp0 fp-8_w=${i}`,
      `4: (55) if r6 != 0x7fffffff goto pc-4 ; R6_w=${i}`,
    );
  return VerifierLog.parse(lines.join('\n'));
}

describe('long logs are worked through in steps', () => {
  it('to a state, which is the same as without', () => {
    const log = longPath(30_000);
    const line = log.lineCount - 2;
    let steps = 0;
    while (!log.approach(line)) steps++;
    expect(steps).toBeGreaterThan(5);
    // Once there, the way is short.
    expect(log.approach(line)).toBe(true);
    expect(log.approach(line - 1000)).toBe(true);
    expect(log.stateAt(line)).toEqual(longPath(30_000).stateAt(line));
    const [cell] = log.stateAt(line).frames[0]?.cells.filter(({ name }) => name === 'fp-8') ?? [];
    expect(cell?.after).toBe('30000');
  });

  it('to a slice, which is the same as without', () => {
    const log = longPath(200);
    const target = { register: 6 };
    const walk = log.slicing(log.lineCount - 1, target);
    while (!walk.walk());
    expect(walk.result).toEqual(longPath(200).slice(log.lineCount - 1, target));
    expect(walk.result.steps.at(-1)).toMatchObject({ line: 0, role: 'origin' });
  });

  it('walking back over many lines that take no part', () => {
    const log = longPath(30_000);
    const walk = log.slicing(log.lineCount - 1, { register: 7 });
    let steps = 0;
    while (!walk.walk()) steps++;
    expect(steps).toBeGreaterThan(0);
    expect(walk.result.steps).toEqual([]);
  });

  it('and lines that are not there are at hand', () => {
    const log = longPath(3);
    expect(log.approach(-1)).toBe(true);
    expect(log.approach(log.lineCount)).toBe(true);
  });
});

describe('crafted logs', () => {
  const time = (text: string): number => processorTime(2, () => VerifierLog.parse(text));

  it('take linear time: visits that all went on alike, and branches that look for one that did not', () => {
    const log = (n: number): string =>
      '5: (15) if r1 == 0x0 goto pc+3\n6: (b7) r0 = 0\n'.repeat(n) + 'from 5 to 6: R0=1\n'.repeat(n);
    time(log(2000));
    // Looked for one by one, ten times the length takes more than thirty times as long.
    expect(time(log(40_000))).toBeLessThan(15 * Math.max(20, time(log(4000))));
  });

  it('are cut at the same places whatever the chunks', () => {
    const long = `${'x'.repeat((1 << 20) + 10)}\n${'y'.repeat(1 << 20)}\nz`;
    const whole = VerifierLog.parse(new TextEncoder().encode(long));
    expect(whole.lineCount).toBe(4);
    const pieces = new VerifierLog();
    for (let at = 0; at < long.length; at += 65_537) pieces.push(long.slice(at, at + 65_537));
    pieces.end();
    expect(pieces.lineCount).toBe(4);
    for (let line = 0; line < 4; line++) expect(pieces.text(line).length).toBe(whole.text(line).length);
  });
});
