// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { SOCKET_COLUMNS, type SocketColumn, type SocketRow } from '../../extension/protocol/agent';
import { Cleanup, eventually } from '../support/cleanup';
import { figure, type Traffic } from '../support/traffic';
import {
  agent,
  attachDatapath,
  type Datapath,
  LACKS,
  machine,
  NOTHING,
  setConfig,
  startTraffic,
  traffic,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const cell = (row: SocketRow, column: SocketColumn) => row[SOCKET_COLUMNS.indexOf(column)] ?? null;

async function start(datapath: Datapath, ...args: string[]): Promise<Traffic> {
  const running = await startTraffic([...args, '--cgroup', datapath.cgroup]);
  cleanup.add(() => running.stop());
  await running.ready();
  return running;
}

/*
 * The other reasons: noPeer in pairing.test.ts, order in ordering.test.ts, backpressure in flow.test.ts, peerGone in
 * endings.test.ts, mapFull in capacity.test.ts, policy in policy.test.ts.
 */
describe('every reason is counted, in total and at the socket:', () => {
  it('disabled, when user space switches the datapath off', async () => {
    const datapath = await attachDatapath(cleanup, 'off');
    const hold = String(3 * machine.lookSeconds);
    const pairs = await start(datapath, 'pairs', '--count', '2', '--hold', hold, '--rate', '100');
    await setConfig(datapath, { enabled: false });
    await eventually('messages through the stack', async () =>
      (await datapath.stats()).reasons.disabled.messages > 8 ? true : undefined,
    );
    const { rows } = await agent.sockets(datapath.attachment.name);
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect(cell(row, 'lastReason')).toBe('disabled');
      expect(cell(row, 'reasons')).toMatchObject({ disabled: expect.any(Number) as number });
    }
    await pairs.done();
  });

  it('error, when another owner has the socket: its connection works on', async () => {
    const first = await attachDatapath(cleanup, 'first');
    /* Both programs run for the cgroup; a socket that has one sk_msg program cannot get another (EBUSY). */
    const second = await attachDatapath(cleanup, 'second', { cgroup: first.cgroup });
    await traffic('pairs', '--count', '20', '--bytes', '20000', '--cgroup', first.cgroup);
    const [one, two] = [await first.stats(), await second.stats()];
    /* Whichever ran first took them all. */
    const [owner, other] = one.redirected.messages > 0 ? [one, two] : [two, one];
    expect(owner.reasons.error.messages).toBe(0);
    expect(owner.redirected.bytes).toBeGreaterThan(0.75 * 2 * 20 * 20_000);
    expect(other.redirected.messages).toBe(0);
    expect(other.reasons.error.messages).toBeGreaterThanOrEqual(20);
    for (const datapath of [first, second]) expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it.each([
    ['before the connection', [], { excludedBytes: 0 }],
    ['when it stands', ['--late'], { excludedBytes: 10 * 65_536 }],
  ])('excluded, for a sender that sets SO_ZEROCOPY %s: its completions arrive', async (_, args, expected) => {
    const datapath = await attachDatapath(cleanup, 'zerocopy');
    const running = traffic(
      'zerocopy',
      ...['--count', '10', '--bytes', '65536', '--message', '16384', '--cgroup', datapath.cgroup, ...args],
    );
    if (args.length > 0 && LACKS.has('lateZerocopy')) {
      await expect(running).rejects.toThrow('no completion for byte 0');
      return;
    }
    const result = await running;
    expect(figure(result, 'completions')).toBe(40);
    const { excluded } = (await datapath.stats()).reasons;
    expect(excluded.messages).toBeGreaterThanOrEqual(10);
    expect(excluded.bytes).toBe(expected.excludedBytes);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it('excluded, for a reader that peeks from an offset: it sees each byte once', async () => {
    const datapath = await attachDatapath(cleanup, 'peek');
    const running = traffic(
      'peek',
      ...['--count', '10', '--bytes', '20000', '--message', '1000', '--cgroup', datapath.cgroup],
    );
    if (LACKS.has('peekOffset')) {
      await expect(running).rejects.toThrow('SO_PEEK_OFF: Operation not supported');
      return;
    }
    await running;
    const { reasons, redirected } = await datapath.stats();
    expect(reasons.excluded.bytes).toBe(10 * 19_000);
    expect(redirected.bytes).toBeGreaterThanOrEqual(10 * 1000);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });
});
