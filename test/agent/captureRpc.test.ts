// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import {
  type AgentParams,
  agentResults,
  type CaptureResult,
  dataParams,
  progressParams,
} from '../../extension/protocol/agent';
import { temporaryFolder } from '../rig/checkout';
import { flaws, packets, programsOf } from '../support/capture';
import { Cleanup, eventually } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  kernelObjects,
  type TestAgent,
} from './fixture';
import { openSession, refusal, type Session } from './session';

/** A capture that a session has asked for, and what came of it. */
class RpcCapture {
  readonly #source = new CancellationTokenSource();
  readonly #chunks: Buffer[] = [];
  readonly texts: string[] = [];
  readonly result: Promise<CaptureResult>;

  constructor({ rpc }: Session, token: number, params: AgentParams['capture']) {
    rpc.onNotification('$/data', (data: unknown) => {
      const parsed = v.parse(dataParams, data);
      if (parsed.token === token) this.#chunks.push(Buffer.from(parsed.data, 'base64'));
    });
    rpc.onNotification('$/progress', (progress: unknown) => {
      const parsed = v.parse(progressParams, progress);
      if (parsed.token === token) this.texts.push(parsed.value.message);
    });
    this.result = rpc
      .sendRequest('capture', { ...params, progressToken: token }, this.#source.token)
      .then(result => v.parse(agentResults.capture, result));
    this.result.catch(() => undefined);
  }

  async started(): Promise<this> {
    const begun = () => Promise.resolve(this.texts.length > 0 || undefined);
    // One that is refused says so at once.
    await Promise.race([eventually('the capture to begin', begun, 10_000), this.result]);
    return this;
  }

  get data(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  stop(): Promise<CaptureResult> {
    this.#source.cancel();
    return this.result;
  }
}

describe.each(builds)('captures over JSON-RPC (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;
  let session: Session;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'capture-rpc');
    session = await openSession(agent, cleanup);
  });
  afterEach(() => cleanup.run());

  const attach = (name: string) => session.call('attach', { object: { path: datapathObject }, cgroup, name });
  const exchange = async (...args: string[]): Promise<void> => {
    const traffic = await Traffic.start(['pairs', '--cgroup', cgroup, ...args]);
    await traffic.done();
  };

  it('bring the bytes of a file while other requests are answered, and end with a result', async () => {
    const attachment = await attach('web');
    const capture = await new RpcCapture(session, 7, { name: 'web', all: true }).started();
    expect(capture.texts[0]).toBe('0 messages, 0.0 KiB');
    // All of it fits into the ring buffer, however late it is read.
    await exchange('--count', '4', '--bytes', '500000', '--message', '4096');
    const { redirected, stack } = await session.call('stats', { name: 'web' });
    expect((await session.call('status', {})).attachments).toMatchObject([{ name: 'web' }]);
    expect((await session.call('verify', { object: { path: datapathObject } })).programs).toHaveLength(4);
    await eventually('a text with figures', () =>
      Promise.resolve(capture.texts.some(text => /^[1-9]\d* messages, \d+\.\d MiB$/.test(text)) || undefined),
    );
    expect(await capture.stop()).toMatchObject({
      name: 'web',
      file: null,
      messages: redirected.messages + stack.messages,
      bytes: redirected.bytes + stack.bytes,
      dropped: { messages: 0, bytes: 0 },
      ended: 'interrupted',
    });
    const folder = await temporaryFolder('capture-rpc');
    cleanup.add(() => folder.remove());
    const file = join(folder.path, 'messages.pcapng');
    await writeFile(file, capture.data);
    expect(await flaws(file)).toEqual([]);
    const sizes = await packets(file, 'tcp.len > 0', 'tcp.len');
    expect(sizes.reduce((sum, size) => sum + Number(size), 0)).toBe(4_000_000);
    expect(await session.call('detach', { name: 'web' })).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('end with the detach that another lane carries out', async () => {
    const attachment = await attach('ending');
    const capture = await new RpcCapture(session, 1, { name: 'ending' }).started();
    expect(await session.call('detach', { name: 'ending' })).toMatchObject({ removed: true });
    expect(await capture.result).toMatchObject({ messages: 0, ended: 'detached' });
    await expectFreed(attachment);
  });

  it('run beside each other, one of an attachment, and a few at a time', async () => {
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) await attach(name);
    const running: RpcCapture[] = [];
    for (const [index, name] of names.slice(0, 3).entries()) {
      running.push(await new RpcCapture(session, index, { name }).started());
    }
    const second = await refusal(new RpcCapture(session, 10, { name: 'one' }).result);
    expect(second.kind).toBe('busy');
    running.push(await new RpcCapture(session, 11, { name: 'four' }).started());
    const fifth = new RpcCapture(session, 12, { name: 'one' }).result;
    await expect(fifth).rejects.toMatchObject({ code: -32600, message: 'Too many requests run or wait' });
    for (const capture of running) expect((await capture.stop()).ended).toBe('interrupted');
    expect((await refusal(new RpcCapture(session, 13, { name: 'none' }).result)).kind).toBe('notFound');
  });

  it('end with the input, and leave nothing', async () => {
    await attach('left');
    const other = await openSession(agent, cleanup);
    await new RpcCapture(other, 1, { name: 'left' }).started();
    const held = await programsOf(other.child);
    expect(held.length).toBeGreaterThan(0);
    other.child.stdin?.end();
    if (other.child.exitCode === null) await once(other.child, 'exit');
    await eventually('the kernel to free the program', async () =>
      (await kernelObjects('prog')).some(({ id }) => held.includes(id)) ? undefined : true,
    );
    const again = await new RpcCapture(session, 1, { name: 'left' }).started();
    expect((await again.stop()).ended).toBe('interrupted');
  });
});
