// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { attachDatapath, HOLD, NOTHING, startTraffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('carries on without the connections that found no room, and counts them', async () => {
  const datapath = await attachDatapath(cleanup, 'full', { maxSockets: 8 });
  const pairs = await startTraffic([
    ...['pairs', '--count', '20', '--bytes', '20000', ...HOLD, '--rate', '20'],
    ...['--cgroup', datapath.cgroup],
  ]);
  cleanup.add(() => pairs.stop());
  await pairs.ready();
  const stats = await datapath.stats();
  await pairs.done();
  expect(stats.capacity).toBe(8);
  expect(stats.paired).toBe(8);
  expect(stats.reasons.mapFull.messages).toBeGreaterThanOrEqual(16);
  /* What four pairs exchange, the first messages perhaps through the stack, but not what five do. */
  expect(stats.redirected.bytes).toBeGreaterThanOrEqual(0.5 * 4 * 2 * 20_000);
  expect(stats.redirected.bytes).toBeLessThan(5 * 2 * 20_000);
  expect(await datapath.leftovers()).toEqual(NOTHING);
});
