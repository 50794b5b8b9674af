// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { linkNetns } from '../support/netns';
import { figure } from '../support/traffic';
import {
  attachDatapath,
  createNetns,
  type Datapath,
  HOLD,
  keepInDoubt,
  LACKS,
  machine,
  NOTHING,
  startTraffic,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** Connections that exchange `bytes` each way, looked at while all are open. */
async function exchange(datapath: Datapath, count: number, bytes: number, ...args: string[]) {
  const pairs = await startTraffic([
    'pairs',
    ...['--count', String(count), '--bytes', String(bytes), ...HOLD, '--rate', '20', ...args],
  ]);
  cleanup.add(() => pairs.stop());
  expect(figure(await pairs.ready(), 'connections')).toBe(count);
  const stats = await datapath.stats();
  await pairs.done();
  return stats;
}

async function expectAllRedirected(datapath: Datapath, count: number, ...args: string[]): Promise<void> {
  const bytes = 20_000;
  const stats = await exchange(datapath, count, bytes, ...args);
  expect(stats.sockets).toBe(2 * count);
  expect(stats.paired).toBe(2 * count);
  /* A client may send before the server's end is established, on another CPU, and the first messages of all are to
   * readers that nobody knows: those take the stack. */
  const { noPeer, order, first } = stats.reasons;
  expect(noPeer.messages + order.messages + first.messages).toBe(stats.stack.messages);
  expect(stats.redirected.bytes + stats.stack.bytes).toBeGreaterThanOrEqual(2 * count * bytes);
  expect(stats.redirected.bytes).toBeGreaterThanOrEqual(0.75 * 2 * count * bytes);
  expect(await datapath.leftovers()).toEqual(NOTHING);
}

describe('both ends in the cgroup', () => {
  it.each(['4', '6', 'mapped', 'mapped6'])('pairs every connection of family %s', async family => {
    const datapath = await attachDatapath(cleanup, 'pair');
    await expectAllRedirected(datapath, 100, '--cgroup', datapath.cgroup, '--family', family);
  });

  it('pairs across network namespaces joined by a veth pair', async () => {
    const datapath = await attachDatapath(cleanup, 'veth');
    const server = await createNetns(cleanup, 'server');
    const client = await createNetns(cleanup, 'client');
    await linkNetns(server, '10.66.0.1/24', client, '10.66.0.2/24');
    await expectAllRedirected(
      datapath,
      100,
      ...['--cgroup', datapath.cgroup, '--server-netns', server.path, '--client-netns', client.path],
      ...['--listen', '10.66.0.1:0', '--connect', '10.66.0.1:0'],
    );
  });

  it('pairs 2000 of 2000 connections through iptables REDIRECT', async () => {
    const datapath = await attachDatapath(cleanup, 'nat');
    const netns = await createNetns(cleanup, 'nat');
    /* An address of that network, or what takes the stack is routed nowhere: with or without a datapath. */
    await netns.exec('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'lo');
    await netns.exec(
      'iptables',
      ...['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '80', '-j', 'REDIRECT', '--to-ports', '15001'],
    );
    await expectAllRedirected(
      datapath,
      2000,
      ...['--cgroup', datapath.cgroup, '--netns', netns.path],
      ...['--listen', '0.0.0.0:15001', '--connect', '10.77.0.9:80'],
    );
  });

  it('pairs connections whose SYN is answered with a cookie', async () => {
    const datapath = await attachDatapath(cleanup, 'cookies');
    const netns = await createNetns(cleanup, 'cookies');
    await netns.exec('sysctl', '-qw', 'net.ipv4.tcp_syncookies=2');
    const args = ['--cgroup', datapath.cgroup, '--netns', netns.path];
    /* No program runs for such a SYN. The first connection tells. */
    await exchange(datapath, 1, 20_000, ...args);
    await expectAllRedirected(datapath, 100, ...args);
  });

  it('pairs through SNAT that changes the port which the client connects from', async () => {
    const datapath = await attachDatapath(cleanup, 'snat');
    const netns = await createNetns(cleanup, 'snat');
    await netns.exec('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'lo');
    await netns.exec(
      'iptables',
      ...['-t', 'nat', '-A', 'POSTROUTING', '-p', 'tcp', '-d', '10.77.0.1', '--dport', '15001'],
      ...['-j', 'SNAT', '--to-source', '10.77.0.1:2000-2999'],
    );
    await expectAllRedirected(
      datapath,
      200,
      ...['--cgroup', datapath.cgroup, '--netns', netns.path],
      ...['--listen', '10.77.0.1:15001', '--connect', '10.77.0.1:15001'],
    );
  });
});

describe('one end in the cgroup', () => {
  it('does not take in a client whose server is elsewhere', async () => {
    const datapath = await attachDatapath(cleanup, 'away');
    const stats = await exchange(datapath, 50, 20_000, '--client-cgroup', datapath.cgroup);
    expect(stats.sockets).toBe(0);
    /* Once a connection, and none of their messages: sk_msg never ran. */
    expect(stats.reasons.noPeer).toEqual({ messages: 50, bytes: 0 });
    expect(stats.redirected.messages + stats.stack.messages).toBe(50);
    expect(await datapath.entries('sm_handshakes')).toBe(0);
  });

  it('lets it leave the map at its first round trip, when in doubt', async () => {
    const datapath = await attachDatapath(cleanup, 'out');
    await keepInDoubt(datapath);
    const stats = await exchange(datapath, 50, 20_000, '--client-cgroup', datapath.cgroup);
    expect(stats.sockets).toBe(0);
    expect(stats.redirected.messages).toBe(0);
    expect(stats.reasons.noPeer.bytes).toBeGreaterThanOrEqual(50);
    expect(stats.stack.messages).toBe(stats.reasons.noPeer.messages);
    expect(await datapath.entries('sm_handshakes')).toBe(0);
  });

  it('never takes in a server whose client is elsewhere', async () => {
    const datapath = await attachDatapath(cleanup, 'in');
    const stats = await exchange(datapath, 50, 20_000, '--server-cgroup', datapath.cgroup);
    expect(stats.sockets).toBe(0);
    expect(stats.redirected.messages + stats.stack.messages).toBe(0);
  });
});

it('leaves Multipath TCP alone, where the kernel has it', async () => {
  if (LACKS.has('mptcp')) {
    expect(await machine.exists('/proc/sys/net/mptcp')).toBe(false);
    return;
  }
  const datapath = await attachDatapath(cleanup, 'mptcp');
  const netns = await createNetns(cleanup, 'mptcp');
  await netns.exec('sysctl', '-qw', 'net.mptcp.enabled=1');
  const stats = await exchange(
    datapath,
    20,
    20_000,
    '--mptcp',
    '--cgroup',
    datapath.cgroup,
    '--netns',
    netns.path,
  );
  expect(stats.sockets).toBe(0);
  expect(stats.reasons.excluded.messages).toBe(20);
});
