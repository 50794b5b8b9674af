// SPDX-License-Identifier: Apache-2.0
/** Commands whose other side is asleep, and which shall end all the same. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup, eventually } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import { builds, createAgent, createTestCgroup, datapathObject, type TestAgent } from './fixture';
import { openSession, refusal } from './session';

describe.each(builds)('a command that waits for others (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let folder: string;
  let fifo: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    const temporary = await temporaryFolder('blocked');
    cleanup.add(() => temporary.remove());
    folder = temporary.path;
    fifo = join(folder, 'fifo');
    await run('mkfifo', [fifo]);
  });
  afterEach(() => cleanup.run());

  /** Starts it; whatever happens, it does not outlive the test. */
  function start(...args: readonly string[]): { child: ChildProcess; ended: Promise<unknown[]> } {
    const child = agent.spawn(args);
    const ended = once(child, 'exit');
    cleanup.add(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return { child, ended };
  }

  /** Waits until it sleeps in a system call whose name the kernel knows. */
  const asleepIn = (child: ChildProcess, call: RegExp) =>
    eventually(`the agent to sleep in ${String(call)}`, async () => {
      const where = await run('cat', [`/proc/${String(child.pid)}/task/${String(child.pid)}/wchan`]);
      return call.test(where) || undefined;
    });

  it.each([
    ['an object', ['verify']],
    ['a policy', ['policy', 'set']],
  ])('for %s ends at Ctrl+C', async (_what, args) => {
    const { child, ended } = start(...args, fifo);
    await asleepIn(child, /poll/);
    child.kill('SIGINT');
    expect(await ended).toEqual([14, null]);
  });

  it('reads an object from a pipe that is filled slowly', async () => {
    const { child, ended } = start('verify', fifo);
    await asleepIn(child, /poll/);
    await run('sh', ['-c', '(sleep 0.2; cat "$0") > "$1"', datapathObject, fifo]);
    expect(await ended).toEqual([0, null]);
  });

  it('for an object is cancelled by the caller of the RPC, and the next request runs', async () => {
    const session = await openSession(agent, cleanup);
    const source = new CancellationTokenSource();
    const reading = session.rpc.sendRequest('verify', { object: { path: fifo } }, source.token);
    const refused = refusal(reading);
    await session.call('status', {});
    source.cancel();
    expect((await refused).kind).toBe('cancelled');
    const { programs } = await session.call('verify', { object: { path: datapathObject } });
    expect(programs).toHaveLength(4);
  });

  it('to read its answers ends with its input', async () => {
    const { child, ended } = start('serve', '--nonce', 'c0ffee');
    // More than a pipe takes, and nobody reads it.
    const id = 'x'.repeat(40_000);
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'status', params: {} });
    for (let i = 0; i < 8; i++) child.stdin?.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    child.stdin?.end();
    expect(await ended).toEqual([0, null]);
  });

  it('to read its capture ends at the first signal', async () => {
    const cgroup = await createTestCgroup(cleanup, 'blocked');
    await agent.attach(datapathObject, cgroup, 'blocked');
    // Its reader is there, and sleeps.
    const reader = await open(fifo, 'r+');
    cleanup.add(() => reader.close());
    const { child, ended } = start('capture', '--name', 'blocked', '-w', fifo);
    await asleepIn(child, /poll/);
    const pairs = ['pairs', '--count', '4', '--bytes', '500000', '--message', '4096'];
    const traffic = await Traffic.start([...pairs, '--cgroup', cgroup]);
    await traffic.done();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('to read what it says attaches all the same', async () => {
    const cgroup = await createTestCgroup(cleanup, 'blocked');
    const child = agent.spawn([
      'attach',
      '--object',
      datapathObject,
      '--cgroup',
      cgroup,
      '--name',
      'unheard',
    ]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await once(child, 'exit');
    expect([child.exitCode, child.signalCode]).toEqual([1, null]);
    expect((await agent.find('unheard'))?.state).toBe('attached');
    expect(await agent.folders()).toEqual(['unheard']);
  });

  it('prints no escape sequence of the name of an object', async () => {
    const path = join(folder, 'x\u001b]0;owned\u0007.bpf.o');
    await copyFile(datapathObject, path);
    const cgroup = await createTestCgroup(cleanup, 'blocked');
    const { stderr } = await agent.run('attach', '--object', path, '--cgroup', cgroup, '--name', 'named');
    expect(stderr).toContain('programs of x?]0;owned?.bpf.o');
    expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });
});
