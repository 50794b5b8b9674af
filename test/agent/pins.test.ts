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
