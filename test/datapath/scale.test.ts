// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { Cleanup, eventually } from '../support/cleanup';
import { mapMemory, slabBytes } from '../support/kernelMemory';
import { figure } from '../support/traffic';
import {
  agent,
  attachDatapath,
  createNetns,
  machine,
  NOTHING,
  scaled,
  startTraffic,
  traffic,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** `SOCKMAP_SHORT_CONNECTIONS=1000000 npx vitest run ... test/datapath/scale.test.ts` is the long run. */
const connections = scaled(Number(process.env['SOCKMAP_SHORT_CONNECTIONS'] ?? 20_000));
const limitMs = 60_000 + connections * machine.slowness;

const GROUPS = 4;
const PAIRS = scaled(8_000);
const SOCKETS = GROUPS * PAIRS * 2;

it(
  `keeps nothing about ${String(connections)} short connections, and its memory is flat`,
  async () => {
    const datapath = await attachDatapath(cleanup, 'short');
    const netns = await createNetns(cleanup, 'short');
    /* Ports of connections that the client closed are free again after a second. */
    await netns.exec('sysctl', '-qw', 'net.ipv4.ip_local_port_range=1024 65535', 'net.ipv4.tcp_tw_reuse=1');
    const args = (count: number): string[] => [
      ...['short', '--count', String(count), '--cgroup', datapath.cgroup, '--netns', netns.path],
    ];
    await traffic(...args(scaled(2_000)));
    expect(await datapath.leftovers()).toEqual(NOTHING);
    const maps = await mapMemory(datapath.attachment, machine);
    const slabs = await slabBytes(machine);

    const started = performance.now();
    await Promise.all([traffic(...args(connections / 2)), traffic(...args(connections / 2))]);
    const seconds = (performance.now() - started) / 1000;

    expect(await datapath.leftovers()).toEqual(NOTHING);
    const { redirected, sockets, paired, queuedBytes } = await datapath.stats();
    expect(redirected.messages).toBeGreaterThan(connections);
    expect({ sockets, paired, queuedBytes }).toEqual({ sockets: 0, paired: 0, queuedBytes: 0 });
    /* One forgotten object for each connection, of the smallest that we keep, would be more than this. */
    const grown = await eventually(
      'freed memory',
      async () => {
        expect(await mapMemory(datapath.attachment, machine)).toEqual(maps);
        const bytes = (await slabBytes(machine)) - slabs;
        return bytes < 256 * connections ? bytes : undefined;
      },
      20_000,
    );
    process.stdout.write(
      `${String(connections)} short connections in ${seconds.toFixed(1)} s: 0 entries left, maps ` +
        `${JSON.stringify(maps)} bytes before and after, slabs ${String(Math.round(grown / 1024))} KiB more\n`,
    );
  },
  limitMs,
);

it(`pairs ${String(SOCKETS)} sockets that are open at once, and shows any page of them`, async () => {
  const datapath = await attachDatapath(cleanup, 'open');
  /* Several processes, for their descriptors; an address each, for its ports. */
  const groups = [];
  for (let i = 0; i < GROUPS; i++) {
    const address = `127.0.1.${String(i + 1)}:0`;
    const group = await startTraffic([
      ...[
        'pairs',
        '--count',
        String(PAIRS),
        '--bytes',
        '256',
        '--message',
        '256',
        '--hold',
        '600',
        '--rate',
        '10',
      ],
      ...['--cgroup', datapath.cgroup, '--listen', address, '--connect', address, '--timeout', '60'],
    ]);
    cleanup.add(() => group.stop());
    groups.push(group);
  }
  const started = performance.now();
  for (const group of groups) expect(figure(await group.ready(), 'connections')).toBe(PAIRS);
  const opened = performance.now();
  const stats = await datapath.stats();
  expect(stats.sockets).toBe(SOCKETS);
  expect(stats.paired).toBe(SOCKETS);
  const counted = performance.now();
  const page = await agent.sockets(datapath.attachment.name);
  const paged = performance.now();
  expect(page).toMatchObject({ total: SOCKETS, matched: SOCKETS });
  expect(page.rows.length).toBe(100);
  const ms = (from: number, to: number): string => `${String(Math.round(to - from))} ms`;
  process.stdout.write(
    `${String(SOCKETS)} sockets opened in ${ms(started, opened)}, stats in ${ms(opened, counted)}, ` +
      `a page of 100 in ${ms(counted, paged)}\n`,
  );
  for (const group of groups) await group.stop();
  expect(await datapath.leftovers()).toEqual(NOTHING);
}, 120_000);
