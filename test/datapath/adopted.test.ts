// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import * as v from 'valibot';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { agentResults, type Attachment } from '../../extension/protocol/agent';
import { agentFile, datapathObject } from '../support/agentCli';
import { Cleanup, eventually, testName } from '../support/cleanup';
import type { MachineProcess } from '../support/machine';
import { figure } from '../support/traffic';
import { agent, createCgroup, machine, run, startTraffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

/** Attaches as the extension does: by a request to an agent that serves, and goes on serving. */
async function attachServing(cgroup: string, name: string): Promise<[MachineProcess, Attachment]> {
  const serving = machine.spawn(await agentFile(machine), ['serve', '--nonce', 'ab']);
  cleanup.add(() => serving.kill('SIGKILL'));
  const [first] = (await once(serving.stdout, 'data')) as [Buffer];
  const frames = new PassThrough();
  frames.write(first.subarray(first.indexOf('\n') + 1));
  serving.stdout.pipe(frames);
  const rpc = createMessageConnection(
    new StreamMessageReader(frames),
    new StreamMessageWriter(serving.stdin),
  );
  rpc.listen();
  cleanup.add(() => {
    rpc.dispose();
    return Promise.resolve();
  });
  await rpc.sendRequest('initialize', { client: 'test', protocol: 1 });
  const object = {
    name: basename(datapathObject),
    data: (await readFile(datapathObject)).toString('base64'),
  };
  const attached = await rpc.sendRequest('attach', { object, cgroup, name });
  cleanup.add(async () => {
    const { attachments } = await agent.status();
    if (attachments.some(other => other.name === name)) await agent.detach(name, 2, '--force');
  });
  return [serving, v.parse(agentResults.attach, attached)];
}

it('goes on redirecting when the agent that attached it is killed; a new one adopts and detaches it', async () => {
  const cgroup = await createCgroup('adopted');
  cleanup.add(() => cgroup.remove());
  const name = testName('adopted');
  const [serving, attachment] = await attachServing(cgroup.path, name);
  const open = await startTraffic(['unread', '--count', '4', '--bytes', '500', '--cgroup', cgroup.path]);
  cleanup.add(() => open.stop());
  await open.ready();
  await serving.kill('SIGKILL');
  expect(await serving.ended).not.toBe(0);

  const { attachments } = await agent.status();
  expect(attachments.find(other => other.name === name)).toMatchObject({ ...attachment, sockets: 8 });
  const before = await agent.stats(name);
  /* The first message of a connection may take the stack. */
  expect(before.queuedBytes).toBeGreaterThanOrEqual(0.75 * 2 * 4 * 500);
  open.go();
  expect(figure(await open.done(), 'bytes')).toBe(2 * 4 * 2 * 500);
  const after = await agent.stats(name);
  expect(after.redirected.bytes).toBeGreaterThan(before.redirected.bytes);

  expect(await agent.detach(name)).toMatchObject({ removed: true, remaining: [], lostBytes: 0 });
  expect(await machine.exists(attachment.pinPath)).toBe(false);
  await eventually('the cgroup to be free', async () =>
    (await run('bpftool', 'cgroup', 'show', cgroup.path)).trim() === '' ? true : undefined,
  );
});
