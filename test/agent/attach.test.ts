// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import {
  builds,
  cgroupPrograms,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  fixtureObject,
  shareSockmap,
  type TestAgent,
} from './fixture';

describe.each(builds)('attach and detach (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'attach');
  });
  afterEach(() => cleanup.run());

  it('attaches the datapath, shows all of it, and leaves nothing behind', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'one.two');
    const hash = createHash('sha256').update(await readFile(datapathObject));
    expect(attachment).toMatchObject({
      name: 'one.two',
      state: 'attached',
      cgroup: { path: cgroup },
      object: { name: 'sockmap.bpf.o', sha256: hash.digest('hex') },
      abi: 1,
      sockets: 0,
    });
    expect(attachment.pinPath.startsWith(join(agent.bpffs, 'sockmap'))).toBe(true);
    expect(attachment.programs.map(({ type, attachedTo }) => [type, attachedTo])).toEqual(
      expect.arrayContaining([
        ['sock_ops', cgroup],
        ['sk_msg', 'sm_sockets'],
      ]),
    );
    expect(attachment.sockmapId).toBe(attachment.maps.find(({ name }) => name === 'sm_sockets')?.id);
    expect(await cgroupPrograms(cgroup)).toContain('sock_ops');
    expect(await agent.find('one.two')).toEqual(attachment);

    const detached = await agent.json('detach', 'detach', '--name', 'one.two');
    expect(detached).toEqual({
      name: 'one.two',
      removed: true,
      drainedSockets: 0,
      remaining: [],
      lostBytes: 0,
    });
    expect(await cgroupPrograms(cgroup)).toBe('');
    expect(await agent.folders()).toEqual([]);
    await expectFreed(attachment);
  });

  it('does not trust a folder that somebody else made', async () => {
    const folder = join(agent.bpffs, 'sockmap');
    await mkdir(folder);
    await chown(folder, 65534, 65534);
    const failure = await agent.failure('attach', '--object', datapathObject, '--cgroup', cgroup);
    expect(failure.data.kind).toBe('notPermitted');
    expect(failure.message).toBe(
      `${folder} was made by another user (uid 65534), whose pins are not trusted`,
    );
    await chown(folder, 0, 0);
  });

  it('keeps several attachments apart', async () => {
    const other = await createTestCgroup(cleanup, 'attach');
    const first = await agent.attach(datapathObject, cgroup, 'first');
    const second = await agent.attach(datapathObject, other, 'second');
    const ambiguous = await agent.failure('detach');
    expect(ambiguous.data).toMatchObject({ kind: 'ambiguous', choices: ['first', 'second'] });

    await agent.json('detach', 'detach', '--name', 'first');
    await expectFreed(first);
    expect(await agent.find('second')).toEqual(second);
    expect((await agent.json('detach', 'detach')).name).toBe('second');
  });

  it('attaches two datapaths to one cgroup', async () => {
    await agent.attach(datapathObject, cgroup, 'first');
    await agent.attach(await fixtureObject('foreign'), cgroup, 'second');
    expect((await agent.json('status', 'status')).attachments.map(({ state }) => state)).toEqual([
      'attached',
      'attached',
    ]);
  });

  it('refuses a name twice and leaves the first alone', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'twice');
    const failure = await agent.failure(
      ...['attach', '--object', datapathObject, '--cgroup', cgroup, '--name', 'twice'],
    );
    expect(failure).toMatchObject({
      exit: 8,
      data: { kind: 'exists' },
      message: 'An attachment named twice exists',
    });
    expect(await agent.find('twice')).toEqual(attachment);
  });

  it('takes every kind of program: cgroup, sk_msg and sk_skb on a sockmap array', async () => {
    const attachment = await agent.attach(await fixtureObject('full'), cgroup, 'full');
    expect(attachment.abi).toBeNull();
    expect(Object.fromEntries(attachment.programs.map(({ name, attachedTo }) => [name, attachedTo]))).toEqual(
      { into_slot: cgroup, allow: cgroup, to_other_slot: 'slots', pass_all: 'slots' },
    );
    expect(await cgroupPrograms(cgroup)).toMatch(/sock_ops.*into_slot\s[^]*connect.*allow/);

    const failure = await agent.failure('stats', '--name', 'full');
    expect(failure.data.kind).toBe('unsupported');
    await agent.json('detach', 'detach', '--name', 'full');
    await expectFreed(attachment);
  });

  it('asks which sockmap is meant, and takes the answer', async () => {
    const object = await fixtureObject('two_maps');
    const args = ['attach', '--object', object, '--cgroup', cgroup, '--name', 'choice'];
    const unsaid = await agent.failure(...args);
    expect(unsaid.data).toMatchObject({ kind: 'ambiguous', choices: ['first_map', 'second_map'] });
    const wrong = await agent.failure(...args, '--sk-msg-map', 'third_map');
    expect(wrong.data).toMatchObject({ kind: 'ambiguous', choices: ['first_map', 'second_map'] });
    expect(await agent.folders()).toEqual([]);

    const attachment = await agent.json('attach', ...args, '--sk-msg-map', 'second_map');
    expect(attachment.programs[0]?.attachedTo).toBe('second_map');

    /* It has no link that would tell. */
    expect((await agent.find('choice'))?.state).toBe('attached');
    await run('bpftool', [
      ...['prog', 'detach', 'id', String(attachment.programs[0]?.id), 'msg_verdict'],
      ...['id', String(attachment.sockmapId)],
    ]);
    expect((await agent.find('choice'))?.state).toBe('draining');
  });

  it('says who owns a sockmap that is shared by name', async () => {
    const object = await fixtureObject('pinned');
    const map = join(agent.bpffs, 'shared_socks');
    await run('bpftool', [
      ...['map', 'create', map, 'type', 'sockhash', 'key', '8', 'value', '8'],
      ...['entries', '16', 'name', 'shared_socks'],
    ]);
    cleanup.add(() => run('rm', ['-f', map]));
    const first = await agent.attach(object, cgroup, 'owner');
    const failure = await agent.failure(
      ...['attach', '--object', object, '--cgroup', cgroup, '--name', 'second'],
    );
    expect(failure).toMatchObject({ exit: 10, data: { kind: 'busy' } });
    expect(failure.message).toBe(
      `The sockmap shared_socks already has the program shared_owner (id ${first.programs[0]?.id ?? 0}) from another owner`,
    );
    expect(await agent.folders()).toEqual(['owner']);

    await agent.json('detach', 'detach', '--name', 'owner');
    const again = await agent.attach(object, cgroup, 'second');
    expect(again.sockmapId).toBe(first.sockmapId);
  });

  it("leaves another owner's sockets in a shared sockmap when it fails", async () => {
    const sharing = await shareSockmap(cleanup, agent, cgroup);
    const other = await createTestCgroup(cleanup, 'attach');
    const object = await fixtureObject('unpinnable');
    const failure = await agent.failure('attach', '--object', object, '--cgroup', other, '--name', 'long');
    expect(failure.message).toContain('File name too long');
    expect(await agent.folders()).toEqual(['owner']);
    expect(await sharing.sockets()).toBe(2);
  });

  it("leaves another owner's sockets there when its description is gone", async () => {
    const sharing = await shareSockmap(cleanup, agent, cgroup);
    const other = await createTestCgroup(cleanup, 'attach');
    const attachment = await agent.attach(await fixtureObject('pinned'), other, 'torn');
    expect(attachment.maps.map(({ name }) => name)).toEqual(['shared_socks']);
    await run('rm', [join(attachment.pinPath, 'meta')]);
    expect(await agent.json('detach', 'detach', '--name', 'torn')).toMatchObject({ removed: true });
    expect(await sharing.sockets()).toBe(2);
  });

  it('says so when the cgroup is held by a program that allows no other', async () => {
    const pin = join(agent.bpffs, 'exclusive');
    await run('bpftool', ['prog', 'load', await fixtureObject('exclusive'), pin]);
    cleanup.add(() => run('rm', ['-f', pin]));
    await run('bpftool', ['cgroup', 'attach', cgroup, 'sock_ops', 'pinned', pin]);
    const failure = await agent.failure(
      ...['attach', '--object', datapathObject, '--cgroup', cgroup, '--name', 'late'],
    );
    expect(failure.data.kind).toBe('busy');
    expect(failure.message).toContain(cgroup);
    expect(await agent.folders()).toEqual([]);
  });

  it('adopts what a removed cgroup left, and takes it off', async () => {
    const gone = await createTestCgroup(cleanup, 'attach');
    const attachment = await agent.attach(datapathObject, gone, 'orphan');
    await run('rmdir', [gone]);
    const orphan = await agent.find('orphan');
    expect(orphan).toMatchObject({ state: 'broken', cgroup: { path: null } });
    expect(orphan?.warnings.join(' ')).toContain('cgroup no longer exists');
    expect(await agent.json('detach', 'detach', '--name', 'orphan')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it.each(['meta', 'prog_sm_verdict', 'map_sm_totals'])('shows as broken what lost its pin %s', async pin => {
    const attachment = await agent.attach(datapathObject, cgroup, 'torn');
    await run('rm', [join(attachment.pinPath, pin)]);
    const torn = await agent.find('torn');
    expect(torn?.state).toBe('broken');
    expect(torn?.warnings.length).toBeGreaterThan(0);
    expect(await agent.json('detach', 'detach', '--name', 'torn')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('does not trust the description that it finds', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'forged');
    const meta = join(attachment.pinPath, 'meta');
    const values: unknown[] = [
      'no object',
      { object: 7, cgroup: [], parts: 'x', targets: 3, sockmap: 'y', attachedAt: 5 },
      { parts: [-1, 1e15, null], cgroup: { id: -5, path: '../../etc' }, sockmap: 2 ** 40 },
    ];
    for (const value of values) {
      const bytes = Buffer.alloc(4096);
      bytes.write(JSON.stringify(value));
      const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0'));
      const key = ['key', '0', '0', '0', '0'];
      await run('bpftool', ['map', 'update', 'pinned', meta, ...key, 'value', 'hex', ...hex]);
      const forged = await agent.find('forged');
      expect(forged).toMatchObject({ name: 'forged', abi: 1 });
    }
    expect(await agent.json('detach', 'detach', '--name', 'forged')).toMatchObject({ removed: true });
  });

  it('counts what it redirects, and shows both ends', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'busy');
    const traffic = await Traffic.start(['unread', '--count', '3', '--bytes', '2048', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    const stats = await agent.json('stats', 'stats', '--name', 'busy');
    expect(stats).toMatchObject({ sockets: 6, paired: 6, queuedBytes: 3 * 2 * 2048, capacity: 65536 });
    expect(stats.redirected.bytes).toBeGreaterThanOrEqual(stats.queuedBytes);
    expect((await agent.find('busy'))?.sockets).toBe(6);
    traffic.go();
    await traffic.done();
    expect(attachment.warnings.join(' ')).toMatch(/FIONREAD|^$/);
  });
});
