// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../extension/core/verifierRuns';
import { madeRun } from './runs';

describe('comparing two runs', () => {
  it('gives the change of each figure, and none where one is missing', () => {
    const before = madeRun();
    const after = madeRun({ insnsProcessed: 25, stackDepth: [64], totalStates: undefined });
    const { metrics } = compareRuns(before, after);
    const of = (name: string) => metrics.find(({ metric }) => metric === name);
    expect(of('insnsProcessed')).toMatchObject({ before: 40, after: 25, delta: -15 });
    expect(of('stack')).toMatchObject({ before: 24, after: 64, delta: 40 });
    expect(of('insns')).toMatchObject({ delta: 0 });
    expect(of('totalStates')).toMatchObject({ before: 4, after: undefined, delta: undefined });
  });

  it('follows a line that moved, and tells lines of one text apart by their turn', () => {
    const before = madeRun({
      visits: [
        { text: 'x++;', line: 5, visits: 3 },
        { text: 'x++;', line: 9, visits: 7 },
        { text: 'gone();', line: 11, visits: 2 },
        { text: 'same();', line: 12, visits: 1 },
      ],
    });
    const after = madeRun({
      visits: [
        { text: 'x++;', line: 19, visits: 70 },
        { text: 'x++;', line: 15, visits: 3 },
        { text: 'same();', line: 22, visits: 1 },
        { text: 'fresh();', line: 23, visits: 9 },
      ],
      allVisits: false,
    });
    const { lines, sameLines, exact } = compareRuns(before, after);
    expect(lines).toEqual([
      { place: { text: 'x++;', line: 19 }, before: 7, after: 70, delta: 63 },
      { place: { text: 'fresh();', line: 23 }, before: 0, after: 9, delta: 9 },
      { place: { text: 'gone();', line: 11 }, before: 2, after: 0, delta: -2 },
    ]);
    expect(sameLines).toBe(2);
    expect(exact).toBe(false);
  });
});
