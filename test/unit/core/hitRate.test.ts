// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteHitRate, hitRate } from '../../../extension/core/hitRate';
import { STACK_REASONS, type StackReason, type StatsResult } from '../../../extension/protocol/agent';

type Reasons = Partial<Record<StackReason, number>>;

function stats(atMs: number, redirected: number, reasons: Reasons = {}): StatsResult {
  const count = (messages: number) => ({ messages, bytes: messages * 100 });
  const stack = Object.values(reasons).reduce((sum, n) => sum + n, 0);
  return {
    name: 'a',
    atMs,
    redirected: count(redirected),
    stack: count(stack),
    reasons: {
      noPeer: count(reasons.noPeer ?? 0),
      order: count(reasons.order ?? 0),
      backpressure: count(reasons.backpressure ?? 0),
      peerGone: count(reasons.peerGone ?? 0),
      disabled: count(reasons.disabled ?? 0),
      mapFull: count(reasons.mapFull ?? 0),
      policy: count(reasons.policy ?? 0),
      excluded: count(reasons.excluded ?? 0),
      error: count(reasons.error ?? 0),
      stream: count(reasons.stream ?? 0),
      first: count(reasons.first ?? 0),
    },
    sockets: 2,
    paired: 2,
    capacity: 64,
    queuedBytes: 0,
  };
}

test('the first reading gives the total alone', () => {
  const rate = hitRate(stats(1000, 3, { order: 1 }), undefined);
  expect(rate.total.hitRate).toBe(0.75);
  expect(byteHitRate(rate.total)).toBe(0.75);
  expect(rate.interval).toBeUndefined();
});

test('no message is no rate, not zero', () => {
  expect(hitRate(stats(1, 0), undefined).total.hitRate).toBeUndefined();
  expect(hitRate(stats(1, 0, { noPeer: 1 }), undefined).total.hitRate).toBe(0);
});

test('the interval is what came between two readings', () => {
  const rate = hitRate(stats(3000, 13, { order: 2, noPeer: 8 }), stats(1000, 3, { order: 2 }));
  expect(rate.interval).toEqual({
    redirectedMessages: 10,
    redirectedBytes: 1000,
    stackMessages: 8,
    stackBytes: 800,
    hitRate: 10 / 18,
    durationMs: 2000,
  });
});

test('a quiet interval, a clock that stands, and counters that were reset give no interval', () => {
  const reading = stats(3000, 5);
  expect(hitRate(reading, stats(1000, 5)).interval).toBeUndefined();
  expect(hitRate(reading, stats(3000, 1)).interval).toBeUndefined();
  expect(hitRate(reading, stats(1000, 9)).interval).toBeUndefined();
});

test('reasons are sorted by messages, without zeros', () => {
  const { reasons } = hitRate(stats(1, 0, { order: 2, policy: 9, error: 1 }), undefined);
  expect(reasons.map(r => r.reason)).toEqual(['policy', 'order', 'error']);
});

test('rates stay within 0 and 1, and total is what was before plus the interval', () => {
  const reading = fc.tuple(fc.nat(1e9), fc.nat(1e9));
  fc.assert(
    fc.property(reading, reading, ([hits, misses], [moreHits, moreMisses]) => {
      const before = stats(1, hits, { noPeer: misses });
      const rate = hitRate(stats(2, hits + moreHits, { noPeer: misses + moreMisses }), before);
      for (const value of [rate.total.hitRate, rate.interval?.hitRate]) {
        expect(value ?? 0).toBeGreaterThanOrEqual(0);
        expect(value ?? 0).toBeLessThanOrEqual(1);
      }
      expect(rate.interval?.redirectedMessages ?? 0).toBe(moreHits + moreMisses === 0 ? 0 : moreHits);
      expect(rate.reasons.length).toBeLessThanOrEqual(STACK_REASONS.length);
    }),
  );
});
