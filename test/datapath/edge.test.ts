// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { figure } from '../support/traffic';
import { agent, attachDatapath, freed, LACKS, machine, NOTHING, startTraffic, traffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const READERS = [
  ...['edge', '--count', '20', '--message', '65536'],
  /* Retransmission timers double: a slow machine is quiet for longer without being stalled. */
  ...['--quiet', String(2 * machine.slowness), '--timeout', String(10 * machine.slowness), '--gap'],
];

const sizes = (bytes: number, message: number): string[] => [
  '--bytes',
  String(bytes),
  '--message',
  String(message),
];

if (LACKS.has('answers')) {
  it('is not attached for edge-triggered readers, and says what to do', async () => {
    const attached = attachDatapath(cleanup, 'edge', { edgeReaders: true });
    await expect(attached).rejects.toThrow(/does not count redirected bytes.*exclude .* with a policy/s);
    expect((await agent.status()).attachments).toEqual([]);
  });

  it('is attached by default, with a warning', async () => {
    const { attachment } = await attachDatapath(cleanup, 'blind');
    expect(attachment.warnings.join()).toContain('does not count redirected bytes');
  });
} else {
  describe("edge-triggered readers by nginx's rules", () => {
    it.each([
      ['by default', {}],
      ['with --edge-readers', { edgeReaders: true }],
    ])('read a redirected message that is larger than their buffer, attached %s', async (_, options) => {
      const datapath = await attachDatapath(cleanup, 'large', options);
      const result = await traffic(...READERS, '0.3', '--bytes', '65536', '--cgroup', datapath.cgroup);
      expect(figure(result, 'stalled')).toBe(0);
      expect((await datapath.stats()).redirected.bytes).toBeGreaterThan(19 * 65_536);
    });

    it('are redirected to from their first connection on, with --edge-readers', async () => {
      const datapath = await attachDatapath(cleanup, 'first', { edgeReaders: true });
      await traffic('pairs', '--count', '20', '--bytes', '20000', '--cgroup', datapath.cgroup);
      const { redirected, stack } = await datapath.stats();
      expect(redirected.bytes).toBeGreaterThan(0.75 * 2 * 20 * 20_000);
      expect(redirected.bytes + stack.bytes).toBe(2 * 20 * 20_000);
    });

    it('are told the right number beside another attachment, and when that is gone', async () => {
      const other = await attachDatapath(cleanup, 'other');
      const datapath = await attachDatapath(cleanup, 'beside');
      const read = async (): Promise<void> => {
        const result = await traffic(...READERS, '0.3', '--bytes', '65536', '--cgroup', datapath.cgroup);
        expect(figure(result, 'asked')).toBeGreaterThan(0);
        expect([figure(result, 'stalled'), figure(result, 'wrong')]).toEqual([0, 0]);
      };
      await read();
      await agent.detach(other.attachment.name);
      await read();
    });

    /* They pause for up to 2 s when they are woken. */
    const PAUSING = [...READERS, String(0.1 * machine.slowness), '--quiet', String(5 * machine.slowness)];
    if (LACKS.has('nudges')) {
      it('can stall under backpressure, attached by default', async () => {
        const datapath = await attachDatapath(cleanup, 'default');
        const result = await traffic(...PAUSING, ...sizes(1_080_000, 60_000), '--cgroup', datapath.cgroup);
        expect(figure(result, 'stalled')).toBeGreaterThan(0);
      });
    } else {
      it.each([
        /* One message takes the stack, and with every second connection a FIN; then much; then a small rest. */
        [1_080_000, 60_000],
        [4_000_000, 60_000],
        [4_000_000, 65_536],
        [922_360, 7_360],
      ])(
        'read %i bytes by %i under backpressure, attached by default, and get their keepalive back',
        async (bytes, message) => {
          const datapath = await attachDatapath(cleanup, 'default');
          const result = await traffic(...PAUSING, ...sizes(bytes, message), '--cgroup', datapath.cgroup);
          expect([figure(result, 'stalled'), figure(result, 'changed')]).toEqual([0, 0]);
          const stats = await datapath.stats();
          expect(stats.redirected.bytes).toBeGreaterThan(0);
          expect(stats.reasons.backpressure.bytes).toBeGreaterThan(0);
          expect(await datapath.leftovers()).toEqual(NOTHING);
        },
      );
    }

    it('read all under backpressure, and FIONREAD never says 0 with bytes unread', async () => {
      const datapath = await attachDatapath(cleanup, 'edge', { edgeReaders: true });
      const result = await traffic(...READERS, '0.3', '--bytes', '4000000', '--cgroup', datapath.cgroup);
      expect(figure(result, 'stalled')).toBe(0);
      expect(figure(result, 'asked')).toBeGreaterThan(0);
      expect(figure(result, 'wrong')).toBe(0);
      const stats = await datapath.stats();
      expect(stats.redirected.bytes).toBeGreaterThan(0);
      expect(stats.reasons.backpressure.bytes).toBeGreaterThan(0);
      expect(await datapath.leftovers()).toEqual(NOTHING);
    });

    /* In the end the writers have written all, and nothing that they send would wake a reader; or they have not. */
    const ways = [1_080_000, 4_000_000].flatMap(bytes =>
      (LACKS.has('nudges') ? [true] : [false, true]).map(edgeReaders => ({ bytes, edgeReaders })),
    );
    it.each(ways)(
      'read all when the datapath is detached meanwhile, which ends (%j)',
      async ({ bytes, edgeReaders }) => {
        const datapath = await attachDatapath(cleanup, 'edgeoff', { edgeReaders });
        const args = ['1', ...sizes(bytes, 60_000), '--cgroup', datapath.cgroup];
        const readers = await startTraffic([...READERS, ...args]);
        await pause(500);
        const { removed, lostBytes } = await agent.detach(datapath.attachment.name, 5);
        expect({ removed, lostBytes }).toEqual({ removed: true, lostBytes: 0 });
        const result = await readers.done();
        expect([figure(result, 'stalled'), figure(result, 'changed')]).toEqual([0, 0]);
        await freed(datapath.attachment);
      },
    );
  });
}
