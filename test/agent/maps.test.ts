// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Attachment, MapInfo } from '../../extension/protocol/agent';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  fixtureObject,
  kernelObjects,
  type TestAgent,
} from './fixture';

describe.each(builds)('maps and programs (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'maps');
  });
  afterEach(() => cleanup.run());

  const idOf = (attachment: Attachment, name: string): string => {
    const map = attachment.maps.find(candidate => candidate.name === name);
    if (map === undefined) throw new Error(`No map ${name}.`);
    return String(map.id);
  };

  it('lists what bpftool lists, and whose it is', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'mine');
    const { programs } = await agent.json('programs', 'progs');
    const { maps } = await agent.json('maps', 'maps');
    const known = new Set((await kernelObjects('prog')).map(({ id }) => id));
    for (const { id } of attachment.programs) expect(known).toContain(id);
    const mine = programs.filter(program => program.attachment === 'mine');
    expect(mine.map(({ id }) => id)).toEqual(attachment.programs.map(({ id }) => id).sort((a, b) => a - b));
    for (const program of mine) {
      expect(program.tag).toMatch(/^[0-9a-f]{16}$/);
      expect(program.jitedBytes).toBeGreaterThan(0);
      expect(program.mapIds.length).toBeGreaterThan(0);
      expect(Math.abs(Date.parse(program.loadedAt ?? '') - Date.now())).toBeLessThan(60_000);
    }
    const totals = maps.find(({ id }) => String(id) === idOf(attachment, 'sm_totals'));
    expect(totals).toMatchObject({
      type: 'percpu_array',
      keySize: 4,
      valueSize: 16,
      attachment: 'mine',
      frozen: false,
    } satisfies Partial<MapInfo>);
  });

  it('decodes values of every kind by BTF', async () => {
    const attachment = await agent.attach(await fixtureObject('decode'), cgroup, 'decode');
    const samples = idOf(attachment, 'samples');
    const value = Buffer.alloc(72);
    value.writeBigUInt64LE(0xffff_ffff_ffff_fffen, 0);
    value.writeInt32LE(-5, 8);
    value.writeUInt16LE(8080, 12);
    value[14] = 1;
    value.write('eth0', 15);
    value.writeInt32LE(-1, 24);
    value.writeInt32LE(77, 28);
    value.set([1, 2, 3], 32);
    /* The ABI packs `low` behind the three bytes. */
    value[35] = 5;
    value.writeUInt32LE(1000, 36);
    value[40] = 0x0d;
    value.writeUInt32LE(0x04030201, 44);
    value.writeUInt16LE(10, 48);
    value.writeUInt16LE(20, 50);
    value.writeBigUInt64LE(0xdead_beefn, 56);
    const size = (await agent.json('mapEntries', 'map', samples)).map.valueSize;
    const bytes = [...value.subarray(0, size)].map(byte => byte.toString(16).padStart(2, '0'));
    const key = ['key', 'hex', ...'01000000 02000000'.replaceAll(' ', '').split(/(?=(?:..)+$)/)];
    await run('bpftool', ['map', 'update', 'id', samples, ...key, 'value', 'hex', ...bytes]);

    const { entries, total } = await agent.json('mapEntries', 'map', samples);
    expect(total).toBe(1);
    expect(entries[0]?.key).toEqual({ hex: '0100000002000000', value: { a: 1, b: 2 } });
    expect(entries[0]?.value).toEqual({
      hex: bytes.join(''),
      value: {
        big: '18446744073709551614',
        negative: -5,
        port: 8080,
        flag: true,
        name: 'eth0',
        color: 'BELOW',
        unnamed: 77,
        bytes: [1, 2, 3],
        low: 5,
        high: 1000,
        small: -3,
        word: 0x04030201,
        octets: [1, 2, 3, 4],
        point: { x: 10, y: 20 },
        pointer: '0x00000000deadbeef',
      },
    });
    const data = attachment.maps.find(({ name }) => name.endsWith('data'))?.id;
    const globals = await agent.json('mapEntries', 'map', String(data));
    expect(globals.entries[0]?.value?.value).toEqual({ answer: 42 });
  });

  it('pages through 5000 entries without missing or repeating one', async () => {
    const attachment = await agent.attach(await fixtureObject('decode'), cgroup, 'pages');
    const folder = await temporaryFolder('maps');
    cleanup.add(() => folder.remove());
    const many = idOf(attachment, 'many');
    const count = 5000;
    const hex = (n: number): string => `hex ${[n & 255, n >> 8, 0, 0].map(b => b.toString(16)).join(' ')}`;
    const lines = Array.from(
      { length: count },
      (_, n) => `map update id ${many} key ${hex(n)} value ${hex(n)}`,
    );
    const batch = join(folder.path, 'batch');
    await writeFile(batch, lines.join('\n'));
    await run('bpftool', ['batch', 'file', batch]);

    const seen = new Set<unknown>();
    for (let offset = 0; offset < count; offset += 700) {
      const page = await agent.json(
        ...(['mapEntries', 'map', many, '--offset', String(offset), '--limit', '700'] as const),
      );
      expect(page).toMatchObject({ total: count, offset });
      expect(page.entries.length).toBe(Math.min(700, count - offset));
      for (const { key, value } of page.entries) {
        expect(value?.value).toBe(key.value);
        seen.add(key.value);
      }
    }
    expect(seen.size).toBe(count);
    const beyond = await agent.json('mapEntries', 'map', many, '--offset', '6000');
    expect(beyond).toMatchObject({ total: count, entries: [] });
  });

  it('gives one value for each CPU, and reads what can be read of a sockhash', async () => {
    const attachment = await agent.attach(await fixtureObject('decode'), cgroup, 'cpus');
    const perCpu = await agent.json('mapEntries', 'map', idOf(attachment, 'per_cpu'));
    expect(perCpu.total).toBe(2);
    expect(perCpu.entries[0]?.value?.value).toHaveLength(cpus().length);
    const failure = await agent.failure('map', idOf(attachment, 'events'));
    expect(failure).toMatchObject({ data: { kind: 'unsupported' } });
    expect(failure.message).toContain('ringbuf');

    const datapath = await agent.attach(datapathObject, cgroup, 'sockets');
    const traffic = await Traffic.start(['unread', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    const sockets = await agent.json('mapEntries', 'map', idOf(datapath, 'sm_sockets'));
    expect(sockets.total).toBe(2);
    for (const { key, value } of sockets.entries) expect(value?.value).toBe(key.value);
    traffic.go();
    await traffic.done();
  });

  it('finds a map by its name, and asks when there are several', async () => {
    await agent.attach(await fixtureObject('decode'), cgroup, 'names');
    expect((await agent.json('mapEntries', 'map', 'many')).map.name).toBe('many');
    await agent.attach(await fixtureObject('decode'), cgroup, 'names2');
    const failure = await agent.failure('map', 'many');
    expect(failure.data.kind).toBe('ambiguous');
    expect(failure.data.choices).toHaveLength(2);
    expect((await agent.failure('map', 'no_such_map')).data.kind).toBe('notFound');
    expect((await agent.failure('map', '4294967294')).data.kind).toBe('notFound');
  });
});
