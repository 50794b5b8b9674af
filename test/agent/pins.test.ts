// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import {
  builds,
  cgroupPrograms,
  createAgent,
  createTestCgroup,
  expectFreed,
  fixtureObject,
  stopAt,
  type TestAgent,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

describe.each(builds)('pins (%s build)', build => {
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'pins');
  });

  it('shows the attachments beside pins and folders that are not its own', async () => {
    const attachment = await agent.attach(await fixtureObject('foreign'), cgroup, 'fine');
    const root = join(agent.bpffs, 'sockmap');
    const strangers = [join(root, 'pin'), join(root, '%pin'), join(root, 'folder')];
    cleanup.add(() => run('rm', ['-r', ...strangers]));
    for (const pin of strangers.slice(0, 2)) {
      await run('bpftool', [
        ...['map', 'create', pin, 'type', 'array', 'key', '4', 'value', '4'],
        ...['entries', '1', 'name', 'stranger'],
      ]);
    }
    await mkdir(join(root, 'folder', 'deeper'), { recursive: true });

    const { attachments } = await agent.json('status', 'status');
    expect(attachments.map(({ name, state }) => [name, state])).toEqual([
      ['fine', 'attached'],
      ['folder', 'broken'],
    ]);
    expect(attachments[0]).toEqual(attachment);
    const failure = await agent.failure('detach', '--name', 'pin');
    expect(failure.message).toBe('There is no attachment named pin');
  });

  it('shows as broken what it cannot open, and the others as they are', async () => {
    const object = await fixtureObject('foreign');
    const shut = await agent.attach(object, cgroup, 'shut');
    await agent.attach(object, await createTestCgroup(cleanup, 'pins'), 'fine');
    const pin = join(shut.pinPath, 'map_foreign_socks');
    /* The agent keeps no CAP_DAC_OVERRIDE. */
    await chown(pin, 65534, 65534);
    const { attachments } = await agent.json('status', 'status');
    expect(attachments).toMatchObject([
      { name: 'fine', state: 'attached' },
      {
        name: 'shut',
        state: 'broken',
        pinPath: shut.pinPath,
        warnings: [`The pin ${pin} cannot be opened: Permission denied.`],
      },
    ]);
    expect((await agent.failure('detach', '--name', 'shut')).message).toContain(pin);
    await chown(pin, 0, 0);
    expect(await agent.find('shut')).toEqual(shut);
  });

  it('detaches nothing that holds a folder, and says so', async () => {
    const attachment = await agent.attach(await fixtureObject('foreign'), cgroup, 'mixed');
    const folder = join(attachment.pinPath, 'folder');
    await mkdir(folder);
    expect(await agent.find('mixed')).toEqual(attachment);
    const failure = await agent.failure('detach', '--name', 'mixed');
    expect(failure).toMatchObject({
      data: { kind: 'unsupported', action: 'Move it away, then detach again.' },
      message: `${attachment.pinPath} holds a folder that is no part of the attachment`,
    });
    expect(await agent.find('mixed')).toEqual(attachment);
    await rmdir(folder);
    expect(await agent.json('detach', 'detach', '--name', 'mixed')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('adopts and frees what has long names', async () => {
    const attachment = await agent.attach(await fixtureObject('long_name'), cgroup, 'long');
    const word = 'a_name_of_sixty_three_characters_of_which_no_one_must_be_lost_x';
    expect(attachment).toMatchObject({
      state: 'attached',
      programs: [{ name: word.repeat(2), attachedTo: word.repeat(3) }],
      maps: [{ name: word.repeat(3) }],
    });
    expect(await agent.find('long')).toEqual(attachment);
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('makes no folder for a user who cannot attach', async () => {
    const without = ['--bounding-set', '-sys_admin,-net_admin', agent.path, 'stats', '--name', 'absent'];
    await expect(promisify(execFile)('setpriv', without, { env: agent.env })).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        `The folder ${join(agent.bpffs, 'sockmap')} cannot be made: CAP_SYS_ADMIN and CAP_NET_ADMIN is missing`,
      ) as string,
    });
    await expect(rmdir(join(agent.bpffs, 'sockmap'))).rejects.toMatchObject({ code: 'ENOENT' });
    /* For the cleanup, and for whoever can. */
    expect(await agent.json('status', 'status')).toEqual({ attachments: [] });
  });
});

describe('agents that meet', () => {
  let agent: TestAgent;

  beforeEach(async () => {
    agent = await createAgent(cleanup, 'sanitize');
  });

  it('detach nothing that got the name meanwhile', async () => {
    const cgroup = await createTestCgroup(cleanup, 'pins');
    const object = await fixtureObject('foreign');
    await agent.attach(object, cgroup, 'same');
    const late = await stopAt(agent, 'folder-opened', ['detach', '--name', 'same']);
    cleanup.add(() => Promise.resolve(late.kill('SIGKILL')));
    const ended = once(late, 'exit');
    await agent.json('detach', 'detach', '--name', 'same');
    const successor = await agent.attach(object, cgroup, 'same');
    late.kill('SIGCONT');
    /* notFound */
    expect(await ended).toEqual([9, null]);
    expect(await agent.find('same')).toEqual(successor);
    expect(await cgroupPrograms(cgroup)).toContain('foreign_sockops');
  });

  it('mount one bpffs between them', async () => {
    const script = `
      grep ' - bpf ' /proc/self/mountinfo | cut -d' ' -f5 | xargs -r umount -l
      SOCKMAP_AGENT_STOP_AT=bpffs-missing "$0" probe >/dev/null &
      until grep -q '^State:.T' /proc/$!/status; do sleep 0.05; done
      "$0" probe >/dev/null && kill -CONT $! && wait $! && grep -c ' - bpf ' /proc/self/mountinfo`;
    const env = { ...agent.env, SOCKMAP_BPFFS: '' };
    const { stdout } = await promisify(execFile)('unshare', ['-m', 'sh', '-c', script, agent.path], { env });
    expect(stdout.trim()).toBe('1');
  });
});
