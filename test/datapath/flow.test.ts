// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { figure, traffic } from '../support/traffic';
import { attachDatapath } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** A writer against a reader that does not read, then reads all; `more` bytes follow while it catches up. */
async function slowReader(message: number, ...args: string[]): Promise<number> {
  const more = 4_000_000;
  const result = await traffic(
    'slow-reader',
    ...['--message', String(message), '--bytes', String(more), '--quiet', '1', ...args],
  );
  const accepted = figure(result, 'accepted');
  expect(figure(result, 'read')).toBe(accepted + more);
  return accepted;
}

describe('a reader that does not read', () => {
  let plain: number;

  beforeAll(async () => {
    plain = await slowReader(65_536);
  });

  it.each([
    ['the server', []],
    ['the client', ['--from-server']],
  ])('%s stops the writer like plain TCP does, and reads every byte in order', async (_, args) => {
    const datapath = await attachDatapath(cleanup, 'slow');
    const accepted = await slowReader(65_536, '--cgroup', datapath.cgroup, ...args);
    expect(accepted).toBeLessThanOrEqual(2 * plain);
    const stats = await datapath.stats();
    expect(stats.redirected.bytes).toBeGreaterThan(0);
    expect(stats.reasons.backpressure.messages).toBeGreaterThan(0);
  });

  it('counts what small messages cost the kernel beside their bytes', async () => {
    const datapath = await attachDatapath(cleanup, 'small');
    const accepted = await slowReader(1_000, '--cgroup', datapath.cgroup);
    expect(accepted).toBeLessThanOrEqual(2 * plain);
    expect((await datapath.stats()).reasons.backpressure.messages).toBeGreaterThan(0);
  });
});
