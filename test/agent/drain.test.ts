// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cleanup, eventually } from '../support/cleanup';
import { hasKernelTls } from '../support/kernelTls';
import { figure, Traffic } from '../support/traffic';
import {
  builds,
  cgroupPrograms,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  fixtureObject,
  type TestAgent,
} from './fixture';

const connections = 5;
const bytes = 3000;
/* Both directions of a connection hold so much. */
const queued = 2 * connections * bytes;

describe.each(builds)('draining (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'drain');
  });
  afterEach(() => cleanup.run());

  const unread = async (): Promise<Traffic> => {
    const args = ['--count', String(connections), '--bytes', String(bytes), '--cgroup', cgroup];
    const traffic = await Traffic.start(['unread', ...args]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    return traffic;
  };

  it('leaves what is queued at the timeout working, and goes on later', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'slow');
    const traffic = await unread();
    const output = await agent.run('detach', '--name', 'slow', '--drain-timeout', '0.1', '--json');
    expect(output.code).toBe(15);
    const first = await agent.json('detach', 'detach', '--name', 'slow', '--drain-timeout', '0.1');
    expect(first).toMatchObject({ removed: false, lostBytes: 0 });
    expect(first.remaining.length).toBe(2 * connections);
    expect(first.remaining.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)).toBe(queued);
    expect(first.remaining[0]?.local).toMatch(/^127\.0\.0\.1:\d+$/);

    expect(await agent.find('slow')).toMatchObject({ state: 'draining', sockets: 2 * connections });
    /* The one that refuses kernel TLS stays as long as any socket does. */
    expect(await cgroupPrograms(cgroup)).toMatch(
      (await hasKernelTls()) ? /^[^\n]*\n\d+ +cgroup_setsockopt [^\n]*$/ : /^[^\n]*$/,
    );
    const again = await agent.failure(
      'attach',
      '--object',
      datapathObject,
      '--cgroup',
      cgroup,
      '--name',
      'slow',
    );
    expect(again.data.kind).toBe('exists');

    traffic.go();
    expect(figure(await traffic.done(), 'bytes')).toBe(2 * queued);
    expect(await agent.json('detach', 'detach', '--name', 'slow')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('drops what is queued only when forced, and says how much', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'forced');
    await unread();
    const result = await agent.json(
      ...(['detach', 'detach', '--name', 'forced', '--drain-timeout', '0', '--force'] as const),
    );
    expect(result).toMatchObject({ removed: true, remaining: [], lostBytes: queued });
    await expectFreed(attachment);
  });

  it('drains an object that is not ours', async () => {
    const attachment = await agent.attach(await fixtureObject('foreign'), cgroup, 'foreign');
    const traffic = await unread();
    expect(await agent.find('foreign')).toMatchObject({ sockets: 2 * connections, abi: null });
    const detaching = agent.json('detach', 'detach', '--name', 'foreign', '--drain-timeout', '20');
    await eventually('the state draining', async () =>
      (await agent.find('foreign'))?.state === 'draining' ? true : undefined,
    );
    traffic.go();
    expect(figure(await traffic.done(), 'bytes')).toBe(2 * queued);
    expect(await detaching).toMatchObject({ removed: true, lostBytes: 0 });
    await expectFreed(attachment);
  });

  it('lets another agent work meanwhile, but not on the same attachment', async () => {
    await agent.attach(datapathObject, cgroup, 'slow');
    const traffic = await unread();
    const detaching = agent.json('detach', 'detach', '--name', 'slow', '--drain-timeout', '20');
    await eventually('the state draining', async () =>
      (await agent.find('slow'))?.state === 'draining' ? true : undefined,
    );
    expect((await agent.failure('detach', '--name', 'slow')).data.kind).toBe('busy');
    const other = await createTestCgroup(cleanup, 'drain');
    await agent.attach(datapathObject, other, 'other');
    traffic.go();
    await traffic.done();
    expect(await detaching).toMatchObject({ removed: true });
  });

  it('stops waiting when interrupted, and leaves the rest for later', async () => {
    await agent.attach(datapathObject, cgroup, 'slow');
    const traffic = await unread();
    const child = agent.spawn(['detach', '--name', 'slow', '--drain-timeout', '60']);
    await eventually('the state draining', async () =>
      (await agent.find('slow'))?.state === 'draining' ? true : undefined,
    );
    child.kill('SIGINT');
    await eventually('the agent to end', () => Promise.resolve(child.exitCode ?? undefined));
    expect(child.exitCode).toBe(14);
    traffic.go();
    await traffic.done();
    expect(await agent.json('detach', 'detach', '--name', 'slow')).toMatchObject({ removed: true });
  });
});
