// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOCKET_COLUMNS, type SocketColumn, type SocketRow } from '../../extension/protocol/agent';
import { joining } from '../support/cgroup';
import { Cleanup, eventually } from '../support/cleanup';
import { createNetns } from '../support/netns';
import { Traffic } from '../support/traffic';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  fixtureObject,
  type TestAgent,
} from './fixture';

function cell(row: SocketRow, column: Exclude<SocketColumn, 'reasons'>): string | number | null {
  const value = row[SOCKET_COLUMNS.indexOf(column)] ?? null;
  if (typeof value === 'object') return null;
  return value;
}

describe.each(builds)('sockets (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'sockets');
  });
  afterEach(() => cleanup.run());

  const connect = async (count: number, family = '4', ...more: string[]): Promise<Traffic> => {
    const args = [
      '--count',
      String(count),
      '--bytes',
      '1000',
      '--family',
      family,
      '--cgroup',
      cgroup,
      ...more,
    ];
    const traffic = await Traffic.start(['unread', ...args]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    return traffic;
  };

  it('shows both ends of a connection, who holds them and what they wait for', async () => {
    await agent.attach(datapathObject, cgroup, 'sockets');
    await connect(1);
    const { rows, total, matched } = await agent.json('sockets', 'sockets', '--name', 'sockets');
    expect([total, matched, rows.length]).toEqual([2, 2, 2]);
    const [a, b] = rows;
    if (a === undefined || b === undefined) throw new Error('Two rows are expected.');
    expect(cell(a, 'peerCookie')).toBe(cell(b, 'cookie'));
    expect(cell(b, 'peerCookie')).toBe(cell(a, 'cookie'));
    expect(cell(a, 'localPort')).toBe(cell(b, 'remotePort'));
    const netns = (await stat('/proc/self/ns/net')).ino;
    for (const row of rows) {
      expect(row.slice(2, 5)).toEqual([4, 'ESTABLISHED', '127.0.0.1']);
      expect(cell(row, 'netns')).toBe(netns);
      expect(cell(row, 'command')).toBe('traffic');
      expect(cgroup.endsWith(String(cell(row, 'cgroup')))).toBe(true);
      expect(await readFile(`/proc/${String(cell(row, 'pid'))}/comm`, 'utf8')).toBe('traffic\n');
      expect(cell(row, 'queuedBytes')).toBe(1000);
      expect(cell(row, 'redirectedBytes')).toBeGreaterThanOrEqual(1000);
      /* The byte to a reader that nobody knows yet. */
      expect([0, 1]).toContain(cell(row, 'stackBytes'));
      expect(cell(row, 'lastReason')).toBe(cell(row, 'stackBytes') === 0 ? null : 'first');
    }
  });

  it.each([
    ['6', 6, '::1'],
    ['mapped', 4, '127.0.0.1'],
    ['mapped6', 4, '127.0.0.1'],
  ])('shows addresses of family %s', async (family, shown, address) => {
    await agent.attach(datapathObject, cgroup, 'family');
    await connect(2, family);
    const { rows } = await agent.json('sockets', 'sockets');
    expect(rows).toHaveLength(4);
    for (const row of rows) {
      expect([cell(row, 'family'), cell(row, 'localAddress'), cell(row, 'remoteAddress')]).toEqual([
        shown,
        address,
        address,
      ]);
    }
  });

  it('shows sockets of other network namespaces', async () => {
    const netns = await createNetns('sockets');
    cleanup.add(() => netns.remove());
    await agent.attach(datapathObject, cgroup, 'netns');
    await connect(2, '4', '--netns', netns.path);
    const { rows } = await agent.json('sockets', 'sockets');
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(cell(row, 'netns')).toBe((await stat(netns.path)).ino);
  });

  it('sorts, filters and pages', async () => {
    await agent.attach(datapathObject, cgroup, 'pages');
    await connect(20);
    const all = await agent.json('sockets', 'sockets', '--limit', '1000');
    expect(all.total).toBe(40);
    const cookies = all.rows.map(row => cell(row, 'cookie'));
    expect(new Set(cookies).size).toBe(40);
    const paged: SocketRow[number][] = [];
    for (let offset = 0; offset < 40; offset += 7) {
      const args = ['--offset', String(offset), '--limit', '7'];
      const page = await agent.json('sockets', 'sockets', ...args);
      paged.push(...page.rows.map(row => cell(row, 'cookie')));
    }
    expect(paged).toEqual(cookies);

    const byPort = await agent.json('sockets', 'sockets', '--sort', 'localPort', '--descending');
    const ports = byPort.rows.map(row => Number(cell(row, 'localPort')));
    expect(ports).toEqual([...ports].sort((x, y) => y - x));

    /* The listener's port is that of half of them. */
    const port = ports.find(one => ports.filter(other => other === one).length === 1) ?? 0;
    const filtered = await agent.json('sockets', 'sockets', '--filter', String(port));
    expect(filtered.total).toBe(40);
    expect(filtered.matched).toBeLessThan(40);
    expect(filtered.rows.length).toBe(filtered.matched);
    expect((await agent.json('sockets', 'sockets', '--filter', 'TRAFFIC')).matched).toBe(40);
    expect((await agent.json('sockets', 'sockets', '--filter', 'no such thing')).matched).toBe(0);
    for (const column of SOCKET_COLUMNS) {
      const sorted = await agent.json('sockets', 'sockets', '--sort', column);
      expect(sorted.rows).toHaveLength(40);
    }
  });

  it('sorts addresses by number, and finds what rows show of them', async () => {
    await agent.attach(datapathObject, cgroup, 'addresses');
    const script = `
      const net = require('node:net');
      const server = net.createServer();
      server.listen(0, '::', async () => {
        for (const [from, to] of [['127.0.0.10', '127.0.0.3'], ['127.0.0.9', '127.0.0.3'], ['::1', '::1']]) {
          const socket = net.connect({ port: server.address().port, host: to, localAddress: from });
          await new Promise(resolve => socket.once('connect', resolve));
        }
        console.log(server.address().port);
      });`;
    const node = spawn('sh', joining(cgroup, process.execPath, '-e', script), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(node, 'exit');
    cleanup.add(() => {
      node.kill();
      return ended;
    });
    const [data] = (await once(node.stdout, 'data')) as [Buffer];
    const port = data.toString().trim();
    await eventually('six sockets', async () =>
      (await agent.json('sockets', 'sockets')).total === 6 ? true : undefined,
    );
    const sorted = await agent.json('sockets', 'sockets', '--sort', 'remoteAddress');
    const addresses = sorted.rows.map(row => cell(row, 'remoteAddress'));
    expect(addresses).toEqual(['127.0.0.3', '127.0.0.3', '127.0.0.9', '127.0.0.10', '::1', '::1']);
    const matched = async (filter: string) =>
      (await agent.json('sockets', 'sockets', '--filter', filter)).matched;
    expect(await matched(`127.0.0.3:${port}`)).toBe(4);
    expect(await matched(`[::1]:${port}`)).toBe(2);
    expect(await matched(`:${port}`)).toBe(6);
  });

  it.each(['foreign', 'full'])('reads the sockets of somebody else: %s', async name => {
    const attachment = await agent.attach(await fixtureObject(name), cgroup, name);
    await connect(1);
    const { rows } = await agent.json('sockets', 'sockets', '--map', String(attachment.sockmapId));
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(cell(row, 'cookie')).toBeGreaterThan(0);
      expect(cell(row, 'state')).toBe('ESTABLISHED');
      expect(cell(row, 'command')).toBe('traffic');
      expect(cell(row, 'redirectedBytes')).toBeNull();
    }
  });

  it('refuses a map without sockets, and a column that is none', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'refuse');
    const config = attachment.maps.find(({ name }) => name === 'sm_config')?.id;
    const failure = await agent.failure('sockets', '--map', String(config));
    expect(failure.data.kind).toBe('invalidParams');
    expect(failure.message).toContain('sm_config');
    const column = await agent.failure('sockets', '--sort', 'colour');
    expect(column.message).toContain('"sort" must be a column');
  });
});
