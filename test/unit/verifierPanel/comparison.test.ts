// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { comparisonOf, type ComparisonWords } from '../../../extension/core/verifierPanel';
import { RunHistory } from '../../../extension/core/verifierRuns';
import { comparison } from '../../../extension/protocol/verifierPanel';
import { madeRun } from '../verifierRuns/runs';

const words: ComparisonWords = {
  metrics: {
    insns: 'insns',
    insnsProcessed: 'processed',
    totalStates: 'states',
    peakStates: 'peak',
    maxStatesPerInsn: 'per insn',
    stack: 'stack',
    verificationTime: 'time',
  },
  run: ({ id }) => id,
};

test('a run is compared with the one before it, or with those that are asked for', () => {
  const line = { file: 'a.bpf.c', line: 3, text: 'return *v;' };
  const first = madeRun({ insnsProcessed: 10, stackDepth: [8], visits: [{ ...line, visits: 1 }] });
  const other = madeRun({ program: 'second' });
  const second = madeRun({ insnsProcessed: 20, visits: [{ ...line, visits: 2 }] });
  const third = madeRun({ insnsProcessed: 50, visits: [{ ...line, line: 5, visits: 6 }] });
  const history = new RunHistory();
  history.add([first, other, second, third]);

  const before = v.parse(comparison, comparisonOf(history, third, [], words));
  expect(before.runs.map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(before.changes).toHaveLength(1);
  const [change] = before.changes;
  expect(change).toMatchObject({ run: second.id, exact: true, sameLines: 0 });
  expect(change?.metrics.find(({ label }) => label === 'processed')?.delta).toBe(30);
  expect(change?.lines).toEqual([{ place: { ...line, line: 5 }, before: 2, after: 6, delta: 4 }]);

  const asked = comparisonOf(history, third, [first.id, other.id, 'gone'], words);
  expect(asked.changes.map(({ run }) => run)).toEqual([first.id]);
  expect(asked.changes[0]?.metrics.find(({ label }) => label === 'stack')?.delta).toBe(16);
  expect(comparisonOf(history, first, [], words).changes).toEqual([]);
});
