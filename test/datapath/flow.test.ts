// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cleanup, eventually } from '../support/cleanup';
import { figure } from '../support/traffic';
import type { StatsResult } from '../../extension/protocol/agent';
import { attachDatapath, machine, NOTHING, setConfig, startTraffic, traffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** Four connections that send both ways, and may take long for what one MSG_WAITALL asks for. */
const CHURN = ['churn', '--count', '4', '--timeout', String(10 * machine.slowness)];

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

describe('connections that change between redirection and the stack all the time', () => {
  it.each([
    ['large', '40000', '20000000'],
    ['small', '1000', '5000000'],
  ])('lose, double and reorder nothing of %s messages, however they are read', async (_, message, bytes) => {
    const datapath = await attachDatapath(cleanup, 'churn');
    await setConfig(datapath, { queueLimit: 64 * 1024, streamMs: Infinity });
    await traffic(...CHURN, '--bytes', bytes, '--message', message, '--cgroup', datapath.cgroup);
    const stats = await datapath.stats();
    expect(stats.redirected.bytes + stats.stack.bytes).toBe(4 * 2 * Number(bytes));
    expect(stats.reasons.backpressure.messages).toBeGreaterThan(4);
    expect(stats.reasons.stream.messages).toBe(0);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it('come back while their readers wait and other tasks write', async () => {
    const datapath = await attachDatapath(cleanup, 'back');
    const hold = String(4 * machine.lookSeconds);
    const running = await startTraffic([
      ...['tasks', '--rate', '100', '--hold', hold, '--cgroup', datapath.cgroup],
    ]);
    cleanup.add(() => running.stop());
    await running.ready();
    await setConfig(datapath, { enabled: false });
    const away = await eventually('messages through the stack', async () => {
      const stats = await datapath.stats();
      return stats.reasons.disabled.messages > 10 ? stats : undefined;
    });
    await setConfig(datapath, {});
    await running.done();
    const { redirected, reasons } = await datapath.stats();
    expect(redirected.messages - away.redirected.messages).toBeGreaterThan(10);
    expect(reasons.order.messages).toBeLessThanOrEqual(10);
  });
});

describe('streams that outrun their readers', () => {
  /** `held`: ends whose TCP_NOTSENT_LOWAT was set, at the end. */
  async function stream(
    label: string,
    streamMs: number,
    ...args: string[]
  ): Promise<{ held: number; stats: StatsResult }> {
    const datapath = await attachDatapath(cleanup, label);
    await setConfig(datapath, { queueLimit: 64 * 1024, streamMs });
    const result = await traffic(...CHURN, '--cgroup', datapath.cgroup, ...args);
    const stats = await datapath.stats();
    expect(stats.redirected.bytes).toBeGreaterThan(0);
    expect(await datapath.leftovers()).toEqual(NOTHING);
    return { held: figure(result, 'held'), stats };
  }

  const SMALL = ['--bytes', '5000000', '--message', '1000'];
  const LARGE = ['--bytes', '50000000', '--message', '250000'];
  const SOON = 2 * machine.slowness;

  it('leave the map both ways when their messages are small, and lose, double and reorder nothing', async () => {
    const { held, stats } = await stream('leave', SOON, ...SMALL);
    expect(stats.reasons.stream.messages).toBeGreaterThanOrEqual(4);
    expect(stats.redirected.bytes + stats.stack.bytes).toBeLessThan(4 * 2 * 5_000_000);
    expect(held).toBe(0);
  });

  it('have their writers held when their messages are large', async () => {
    const { held } = await stream('hold', Infinity, ...LARGE);
    expect(held).toBe(8);
  });

  it('are held no longer when they leave', async () => {
    const { held, stats } = await stream('release', SOON, ...LARGE, '--shrink');
    expect(stats.reasons.stream.messages).toBeGreaterThan(0);
    expect(held).toBe(0);
  });

  it('keep a limit of unsent bytes that the application has set', async () => {
    const { held } = await stream('own', Infinity, ...LARGE, '--lowat', '1000000');
    expect(held).toBe(0);
  });
});
