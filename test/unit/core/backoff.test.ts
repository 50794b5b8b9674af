// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from '../../../extension/core/backoff';

test('doubles from one second up to thirty', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(n => backoffDelay(n, 0.999999))).toEqual([
    1000, 2000, 4000, 8000, 16000, 30000, 30000,
  ]);
});

test('stays between half and all of the step for any attempt and jitter', () => {
  const attempt = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(attempt, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (n, random) => {
      const step = Math.min(30_000, 1_000 * 2 ** (n - 1));
      const delay = backoffDelay(n, random);
      expect(delay).toBeGreaterThanOrEqual(Math.max(1_000, Math.floor(step / 2)));
      expect(delay).toBeLessThanOrEqual(step);
    }),
  );
});
