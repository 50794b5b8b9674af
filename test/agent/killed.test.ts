// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup, eventually } from '../support/cleanup';
import { figure, Traffic } from '../support/traffic';
import {
  cgroupPrograms,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  fixtureObject,
  kernelObjects,
  shareSockmap,
  stopAt,
  type TestAgent,
} from './fixture';

const cleanup = new Cleanup();
let agent: TestAgent;
let cgroup: string;

/** Ids of the programs and maps that a process holds, by its descriptors. */
async function heldBy(pid: number): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fdinfo`)) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    for (const [, kind = '', id = ''] of info.matchAll(/^(prog|map)_id:\t(\d+)$/gm))
      held.add(`${kind} ${id}`);
  }
  return held;
}

/** Kills the agent at a stage. What it held is returned. */
async function killAt(stage: string, args: readonly string[]): Promise<ReadonlySet<string>> {
  const child = await stopAt(agent, stage, args);
  const ended = once(child, 'exit');
  const held = await heldBy(child.pid ?? 0);
  child.kill('SIGKILL');
  await ended;
  return held;
}

async function stillThere(held: ReadonlySet<string>): Promise<string[]> {
  const programs = (await kernelObjects('prog')).map(({ id }) => `prog ${id}`);
  const maps = (await kernelObjects('map')).map(({ id }) => `map ${id}`);
  return [...programs, ...maps].filter(object => held.has(object));
}

describe('an agent that is killed', () => {
  beforeEach(async () => {
    agent = await createAgent(cleanup, 'sanitize');
    cgroup = await createTestCgroup(cleanup, 'killed');
  });
  afterEach(() => cleanup.run());

  const attachArgs = (object: string): string[] => [
    ...['attach', '--object', object, '--cgroup', cgroup, '--name', 'victim'],
  ];

  it.each(['loaded', 'maps-pinned', 'pinned', 'sockmap-attached', 'linked', 'link-pinned'])(
    'while attaching, at %s: nothing stays',
    async stage => {
      for (const object of [datapathObject, await fixtureObject('foreign')]) {
        const held = await killAt(stage, attachArgs(object));
        expect(held.size).toBeGreaterThan(2);
        expect(await agent.find('victim')).toBeUndefined();
        expect(await agent.folders()).toEqual([]);
        expect(await cgroupPrograms(cgroup)).toBe('');
        await eventually('the kernel to free all of it', async () =>
          (await stillThere(held)).length === 0 ? true : undefined,
        );
      }
      /* And the way is free. */
      await agent.attach(datapathObject, cgroup, 'victim');
    },
  );

  it('while attaching, right after it appeared: the next agent finishes it', async () => {
    await killAt('published', attachArgs(datapathObject));
    expect(await agent.find('victim')).toMatchObject({ state: 'attached', abi: 1 });
    const traffic = await Traffic.start(['unread', '--bytes', '1000', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    expect(await agent.json('stats', 'stats')).toMatchObject({ sockets: 2, paired: 2, queuedBytes: 2000 });
    traffic.go();
    await traffic.done();
  });

  it('is not detached before it is switched on, and can be when it is dead', async () => {
    const child = await stopAt(agent, 'published', attachArgs(datapathObject));
    const refused = await agent.failure('detach', '--name', 'victim');
    expect(refused).toMatchObject({ exit: 10, data: { kind: 'busy' } });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(await agent.json('detach', 'detach', '--name', 'victim')).toMatchObject({ removed: true });
    expect(await agent.folders()).toEqual([]);
  });

  it.each(['link-detached', 'switched-off', 'stopped', 'drained', 'moved', 'unpinning'])(
    'while detaching, at %s: a later agent goes on',
    async stage => {
      const attachment = await agent.attach(datapathObject, cgroup, 'victim');
      await killAt(stage, ['detach', '--name', 'victim']);
      const left = await agent.find('victim');
      expect(left?.state).toBe(['moved', 'unpinning'].includes(stage) ? undefined : 'draining');
      if (left !== undefined) {
        expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
      }
      expect(await agent.folders()).toEqual([]);
      await expectFreed(attachment);
    },
  );

  it.each([
    ['attach', 'maps-pinned'],
    ['attach', 'pinned'],
    ['attach', 'sockmap-attached'],
    ['attach', 'published'],
    ['detach', 'stopped'],
    ['detach', 'moved'],
    ['detach', 'unpinning'],
  ])(
    "during %s, at %s: another owner's sockets stay in the sockmap that it shares",
    async (command, stage) => {
      const sharing = await shareSockmap(cleanup, agent, cgroup);
      const other = await createTestCgroup(cleanup, 'killed');
      const object = await fixtureObject('pinned');
      if (command === 'attach') {
        await killAt(stage, ['attach', '--object', object, '--cgroup', other, '--name', 'victim']);
      } else {
        await agent.attach(object, other, 'victim');
        await killAt(stage, ['detach', '--name', 'victim']);
      }
      const left = await agent.find('victim');
      if (left !== undefined) {
        expect(await agent.json('detach', 'detach', '--name', 'victim')).toMatchObject({ removed: true });
      }
      expect(await agent.folders()).toEqual(['owner']);
      expect(await sharing.sockets()).toBe(2);
    },
  );

  it('at any other moment of an attach: complete, or nothing', async () => {
    const release = await createAgent(cleanup, 'release');
    const start = performance.now();
    await release.attach(datapathObject, cgroup, 'victim');
    const usual = performance.now() - start;
    await release.json('detach', 'detach');
    const tries = 20;
    let complete = 0;
    let incomplete = 0;
    /* More of them when the machine has become slower meanwhile. */
    for (let turn = 1; turn <= tries || complete === 0; turn++) {
      const child = release.spawn(attachArgs(datapathObject));
      const ended = once(child, 'exit');
      await delay((1.2 * usual * turn) / tries);
      child.kill('SIGKILL');
      await ended;
      const found = await release.find('victim');
      const folders = await release.folders();
      if (found === undefined) {
        incomplete += 1;
        expect(folders).toEqual([]);
        expect(await cgroupPrograms(cgroup)).toBe('');
      } else {
        complete += 1;
        expect(found.state).toBe('attached');
        expect(folders).toEqual(['victim']);
        expect(await release.json('detach', 'detach')).toMatchObject({ removed: true });
      }
    }
    expect(complete).toBeGreaterThan(0);
    expect(incomplete).toBeGreaterThan(0);
  });

  it('while serving: traffic goes on redirected, and a new agent adopts it', async () => {
    const serving = agent.spawn(['serve', '--nonce', 'ab']);
    const exited = once(serving, 'exit');
    const attachment = await agent.attach(datapathObject, cgroup, 'adopted');
    const traffic = await Traffic.start(['unread', '--count', '4', '--bytes', '500', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    serving.kill('SIGKILL');
    await exited;
    expect(await agent.find('adopted')).toMatchObject({ ...attachment, sockets: 8 });
    const before = await agent.json('stats', 'stats');
    traffic.go();
    expect(figure(await traffic.done(), 'bytes')).toBe(2 * 4 * 2 * 500);
    const after = await agent.json('stats', 'stats');
    expect(after.redirected.bytes).toBeGreaterThan(before.redirected.bytes);
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });
});
