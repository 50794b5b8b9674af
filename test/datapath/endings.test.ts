// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { figure } from '../support/traffic';
import { attachDatapath, createNetns, NOTHING, startTraffic, traffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('delivers a reply that is read after both ends have said FIN', async () => {
  const datapath = await attachDatapath(cleanup, 'half');
  await traffic(
    'half-close',
    '--count',
    '20',
    '--bytes',
    '50000',
    '--gap',
    '0.05',
    '--cgroup',
    datapath.cgroup,
  );
  const stats = await datapath.stats();
  expect(stats.redirected.bytes).toBeGreaterThanOrEqual(20 * 50_000);
  /* The send after SHUT_WR: refused by the stack, not smuggled past the FIN. */
  expect(stats.reasons.peerGone.messages).toBe(20);
});

it('ends a connection that conntrack would have forgotten, since it sees no redirected byte', async () => {
  const datapath = await attachDatapath(cleanup, 'conntrack');
  const netns = await createNetns(cleanup, 'conntrack');
  await netns.exec(
    'iptables',
    ...['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '80', '-j', 'REDIRECT', '--to-ports', '15001'],
  );
  await netns.exec('sysctl', '-qw', 'net.netfilter.nf_conntrack_tcp_timeout_established=3');
  const place = ['--cgroup', datapath.cgroup, '--netns', netns.path];
  const server = await startTraffic([
    'echo-server',
    '--listen',
    '127.0.0.1:15001',
    '--keepalive',
    '1',
    ...place,
  ]);
  cleanup.add(() => server.stop());
  await server.ready();
  await traffic(
    ...['pairs', '--count', '5', '--hold', '7', '--rate', '500', '--connect', '127.0.0.1:80', ...place],
  );
  expect((await datapath.stats()).redirected.messages).toBeGreaterThan(1000);
  /* A FIN that finds no entry goes to where the client connected to, and the server's end stays. */
  expect(await datapath.leftovers()).toEqual(NOTHING);
});

it('shows a reset as plain TCP does, with the bytes before it', async () => {
  const datapath = await attachDatapath(cleanup, 'reset');
  const args = ['reset', '--count', '20', '--bytes', '10000', '--gap', '0.02'];
  const plain = await traffic(...args);
  const redirected = await traffic(...args, '--cgroup', datapath.cgroup);
  for (const name of ['readable', 'reported']) expect(figure(redirected, name)).toBe(figure(plain, name));
  expect((await datapath.stats()).redirected.bytes).toBeGreaterThanOrEqual(20 * 10_000);
});

/* connect(AF_UNSPEC): a kernel from 5.19 on leaves the socket in its sockmap, and its peer what it was. */
it.each([['outside of the cgroup'], ['inside']])(
  'sends nothing to its old peer when a socket is connected anew, to an end %s',
  async where => {
    const datapath = await attachDatapath(cleanup, 'reconnect');
    const inside = ['--cgroup', datapath.cgroup];
    const server = await startTraffic(['echo-server', ...(where === 'inside' ? inside : [])]);
    cleanup.add(() => server.stop());
    const target = `127.0.0.1:${String(figure(await server.ready(), 'port'))}`;
    await traffic(
      ...['reconnect', '--count', '20', '--message', '1000', '--bytes', '50000'],
      ...['--connect', target, ...inside],
    );
    const { redirected, reasons } = await datapath.stats();
    /* The replies of the first connections; a client may send before the other end is established. */
    expect(redirected.bytes).toBeGreaterThanOrEqual(20 * 1500);
    expect(redirected.bytes).toBeLessThan(20 * 50_000);
    /* Once for each second connection: such a socket does not join again. */
    expect(reasons.excluded.messages).toBe(20);
    await server.stop();
    expect(await datapath.leftovers()).toEqual(NOTHING);
  },
);
