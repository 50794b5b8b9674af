// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it } from 'vitest';
import { datapathObject } from '../support/agentCli';
import { cgroup2Root } from '../support/cgroup';
import { Cleanup, eventually, testName } from '../support/cleanup';
import {
  attachDatapath,
  createCgroup,
  createNetns,
  type Datapath,
  HOLD,
  keepInDoubt,
  machine,
  NOTHING,
  run,
  runAgent,
  startTraffic,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const BYTES = 20_000;

/** Connections that exchange BYTES each way, looked at while all are open. */
async function exchange(datapath: Datapath, count: number, ...args: string[]) {
  const pairs = await startTraffic([
    ...['pairs', '--count', String(count), '--bytes', String(BYTES), ...HOLD, '--rate', '20', ...args],
  ]);
  cleanup.add(() => pairs.stop());
  await pairs.ready();
  const stats = await datapath.stats();
  await pairs.done();
  return stats;
}

it.each([
  [undefined, 'handshake', 'default'],
  ['handshake', 'handshake', 'asked for'],
  ['tuple', 'tuple', 'asked for'],
] as const)('with --pairing %s it says that it pairs by %s, and why', async (pairing, by, why) => {
  const { attachment } = await attachDatapath(cleanup, 'why', pairing === undefined ? {} : { pairing });
  expect(attachment.pairing?.by).toBe(by);
  expect(attachment.pairing?.reason).toContain(why);
});

describe('--pairing tuple', () => {
  it.each(['4', '6', 'mapped', 'mapped6'])('pairs every connection of family %s', async family => {
    const datapath = await attachDatapath(cleanup, 'tuple', { pairing: 'tuple' });
    const stats = await exchange(datapath, 100, '--cgroup', datapath.cgroup, '--family', family);
    expect([stats.sockets, stats.paired]).toEqual([200, 200]);
    expect(stats.redirected.bytes).toBeGreaterThanOrEqual(0.75 * 2 * 100 * BYTES);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it('pairs nothing through iptables REDIRECT, and says noPeer', async () => {
    const datapath = await attachDatapath(cleanup, 'nat', { pairing: 'tuple' });
    const nat = await createNetns(cleanup, 'nat');
    await nat.exec('ip', 'address', 'add', '10.77.0.1/24', 'dev', 'lo');
    const rule = '-t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 15001';
    await nat.exec('iptables', ...rule.split(' '));
    const stats = await exchange(
      datapath,
      50,
      ...['--cgroup', datapath.cgroup, '--netns', nat.path],
      ...['--listen', '0.0.0.0:15001', '--connect', '10.77.0.9:80'],
    );
    expect([stats.sockets, stats.redirected.messages]).toEqual([0, 0]);
    expect(stats.reasons.noPeer.messages).toBeGreaterThanOrEqual(50);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it('does not pair the same addresses of another network namespace', async () => {
    const datapath = await attachDatapath(cleanup, 'netns', { pairing: 'tuple' });
    await keepInDoubt(datapath);
    const [near, far] = [await createNetns(cleanup, 'near'), await createNetns(cleanup, 'far')];
    /* Every connection to port 5000 is 127.0.0.1:40000 -> 127.0.0.1:5000, in both namespaces. */
    for (const place of [near, far])
      await place.exec('sysctl', '-qw', 'net.ipv4.ip_local_port_range=40000 40000');
    const server = await startTraffic(['echo-server', '--netns', near.path, '--listen', '127.0.0.1:5000']);
    cleanup.add(() => server.stop());
    await server.ready();
    /* A client that never sends waits in sm_tuples for a server that is not attached. */
    const script = 'echo 0 > "$0/cgroup.procs" && exec 3<>/dev/tcp/127.0.0.1/5000 && read';
    const silent = machine.spawn('nsenter', [`--net=${near.path}`, 'bash', '-c', script, datapath.cgroup]);
    cleanup.add(async () => {
      silent.stdin.end();
      await silent.ended;
    });
    await eventually('the waiting tuple', async () => (await datapath.entries('sm_tuples')) || undefined);

    const args = ['--server-cgroup', datapath.cgroup, '--netns', far.path, '--listen', '127.0.0.1:5000'];
    const stats = await exchange(datapath, 1, ...args);
    expect([stats.sockets, stats.paired, stats.redirected.messages]).toEqual([1, 0, 0]);
    expect(await datapath.entries('sm_tuples')).toBe(1);
    silent.stdin.end();
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });
});

it('refuses --pairing original-dst in one sentence where the kernel does not tell it', async () => {
  const cgroup = await createCgroup('dst');
  cleanup.add(() => cgroup.remove());
  const object = await machine.deliver(datapathObject);
  /* Of an agent that was killed: no process has that id (PID_MAX_LIMIT). */
  await run('mkdir', `${cgroup.path}/sockmap-probe-4194305`);
  const { code, stderr } = await runAgent(
    ...['attach', '--object', object, '--cgroup', cgroup.path, '--name', testName('dst')],
    ...['--pairing', 'original-dst'],
  );
  expect(code).toBe(11);
  expect(stderr.trim()).toBe(
    'sockmap-agent: This kernel does not give BPF programs the original destination of a connection ' +
      '(bpf_getsockopt(SOL_IP, 800) fails). Use --pairing handshake (sockmap.pairing), which works on every kernel and ' +
      'through every NAT.',
  );
  for (const folder of [cgroup.path, await cgroup2Root(machine)])
    expect((await machine.list(folder)).filter(name => name.startsWith('sockmap-probe'))).toEqual([]);
});
