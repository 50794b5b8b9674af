// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { checkout, temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import { attachDatapath } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('carries on without the connections that found no room, and counts them', async () => {
  const folder = await temporaryFolder('capacity');
  cleanup.add(() => folder.remove());
  await run('make', [
    ...['--silent', '-C', join(checkout, 'bpf'), 'all', `OUT=${folder.path}`],
    'EXTRA_CFLAGS=-DSM_DEFAULT_SOCKETS=8',
  ]);
  const datapath = await attachDatapath(cleanup, 'full', join(folder.path, 'sockmap.bpf.o'));
  const pairs = await Traffic.start([
    ...['pairs', '--count', '20', '--bytes', '20000', '--hold', '1', '--rate', '20'],
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
  expect(await datapath.leftovers()).toEqual({ sockets: 0, handshakes: 0 });
});
