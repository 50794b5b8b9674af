// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { figure } from '../support/traffic';
import { attachDatapath, createNetns, LACKS, NOTHING, startTraffic, traffic, watchNoSplice } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('keeps the order of 1000 of 1000 connections to a TCP_DEFER_ACCEPT listener', async () => {
  const datapath = await attachDatapath(cleanup, 'defer');
  const result = await traffic('defer', '--count', '1000', '--cgroup', datapath.cgroup);
  expect(figure(result, 'right')).toBe(1000);
  /* The hazard was really there: bytes lay unread in the stack when the next were sent. */
  expect((await datapath.stats()).reasons.order.messages).toBeGreaterThan(0);
});

it('does not overtake bytes that are still on a slow link', async () => {
  const datapath = await attachDatapath(cleanup, 'link');
  const netns = await createNetns(cleanup, 'link');
  await netns.exec('ip', 'link', 'set', 'lo', 'mtu', '1500');
  await netns.exec('tc', ...'qdisc add dev lo root tbf rate 2mbit burst 3k latency 2s'.split(' '));
  const result = await traffic(
    'defer',
    ...['--message', '8000', '--gap', '0.01', '--count', '20'],
    ...['--cgroup', datapath.cgroup, '--netns', netns.path],
  );
  expect(figure(result, 'right')).toBe(20);
  expect((await datapath.stats()).reasons.order.messages).toBeGreaterThan(0);
});

it('does not leave a MSG_WAITALL reader asleep that began with bytes of the stack', async () => {
  const datapath = await attachDatapath(cleanup, 'waitall');
  const result = await traffic(
    'defer',
    ...['--wait-all', '--gap', '0.02', '--count', '10', '--timeout', '3', '--cgroup', datapath.cgroup],
  );
  expect(figure(result, 'right')).toBe(10);
});

it('knows what a sender sent that had called before its connection was established', async () => {
  const datapath = await attachDatapath(cleanup, 'fastopen');
  const netns = await createNetns(cleanup, 'fastopen');
  /* The server takes no data in the SYN: sendto() waits, and goes on in the stack. */
  await netns.exec('sysctl', '-qw', 'net.ipv4.tcp_fastopen=1');
  const result = await traffic(
    'fast-open',
    ...['--wait-all', '--gap', '0.02', '--count', '10', '--timeout', '3'],
    ...['--cgroup', datapath.cgroup, '--netns', netns.path],
  );
  expect(figure(result, 'right')).toBe(10);
  expect(figure(result, 'dataInSyn')).toBe(0);
  const { reasons, redirected } = await datapath.stats();
  expect(reasons.order.messages).toBeGreaterThan(0);
  /* The server's answers; to the first, its client may be unknown. */
  expect(redirected.messages + reasons.first.messages).toBe(10);
  expect(redirected.messages).toBeGreaterThanOrEqual(9);
});

it.each([
  ...(LACKS.has('splices') ? [] : [['is not known', 'first'] as const]),
  ['could not splice()', 'order'] as const,
])('reaches a reader that fell asleep before its connection was established, and %s', async (_, reason) => {
  const datapath = await attachDatapath(cleanup, 'early');
  if (reason === 'order') await watchNoSplice(datapath);
  const netns = await createNetns(cleanup, 'early');
  /* Without its first SYN the client waits a second for the next, in recv(). */
  const dropSyn = ['INPUT', '-p', 'tcp', '--syn', '-j', 'DROP'];
  await netns.exec('iptables', '-A', ...dropSyn);
  const greeted = await startTraffic([
    ...['server-first', '--early-read', '--timeout', '5', '--cgroup', datapath.cgroup, '--netns', netns.path],
  ]);
  cleanup.add(() => greeted.stop());
  await new Promise(resolve => setTimeout(resolve, 500));
  await netns.exec('iptables', '-D', ...dropSyn);
  await greeted.done();
  expect((await datapath.stats()).reasons[reason].messages).toBeGreaterThan(0);
});

it('redirects from the first byte when the server talks first', async () => {
  const datapath = await attachDatapath(cleanup, 'greet');
  await traffic('server-first', '--count', '200', '--bytes', '20000', '--cgroup', datapath.cgroup);
  const stats = await datapath.stats();
  expect(stats.redirected.bytes).toBeGreaterThanOrEqual(0.9 * 2 * 200 * 20_000);
  expect(await datapath.leftovers()).toEqual(NOTHING);
});

it('leaves connections alone whose first bytes came in the SYN', async () => {
  const datapath = await attachDatapath(cleanup, 'tfo');
  const netns = await createNetns(cleanup, 'tfo');
  await netns.exec('sysctl', '-qw', 'net.ipv4.tcp_fastopen=3');
  const result = await traffic(
    'fast-open',
    '--count',
    '50',
    '--cgroup',
    datapath.cgroup,
    '--netns',
    netns.path,
  );
  expect(figure(result, 'right')).toBe(50);
  expect(figure(result, 'dataInSyn')).toBeGreaterThanOrEqual(45);
  const stats = await datapath.stats();
  expect(stats.reasons.excluded.messages).toBe(figure(result, 'dataInSyn'));
  expect(await datapath.leftovers()).toEqual(NOTHING);
});
