// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { temporaryFolder } from '../rig/checkout';
import { agentFile } from '../support/agentCli';
import { captureResult, flaws, packets } from '../support/capture';
import { Cleanup } from '../support/cleanup';
import { attachDatapath, machine, traffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('is captured as TCP streams that tshark finds nothing wrong with, byte for byte', async () => {
  const connections = 3;
  const bytes = 40_000;
  const datapath = await attachDatapath(cleanup, 'capture');
  const capture = machine.spawn(await agentFile(machine), ['capture', '--json', '--all', '-w', '-']);
  cleanup.add(() => capture.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  let said = '';
  capture.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  capture.stderr.on('data', (text: Buffer) => (said += text.toString()));
  await once(capture.stdout, 'data');
  await traffic(
    ...['pairs', '--count', String(connections), '--bytes', String(bytes), '--message', '3000'],
    ...['--cgroup', datapath.cgroup],
  );
  await capture.kill('SIGTERM');
  expect(await capture.ended).toBe(0);

  const { redirected, stack } = await datapath.stats();
  expect(redirected.messages).toBeGreaterThan(stack.messages);
  expect(captureResult(said)).toMatchObject({
    ended: 'interrupted',
    messages: redirected.messages + stack.messages,
    bytes: 2 * connections * bytes,
    dropped: { messages: 0, bytes: 0 },
  });
  const folder = await temporaryFolder('capture');
  cleanup.add(() => folder.remove());
  const file = join(folder.path, 'messages.pcapng');
  await writeFile(file, Buffer.concat(chunks));
  expect(await flaws(file)).toEqual([]);
  /* The server returns what it gets: both directions of a stream are the same bytes. */
  const streams = new Map<string, Map<string, string>>();
  for (const line of await packets(file, 'tcp.len > 0', 'tcp.stream', 'tcp.srcport', 'tcp.payload')) {
    const [stream = '', port = '', payload = ''] = line.split('|');
    const sent = streams.get(stream) ?? new Map<string, string>();
    streams.set(stream, sent.set(port, (sent.get(port) ?? '') + payload));
  }
  expect(streams.size).toBe(connections);
  for (const sent of streams.values()) {
    const [there, back] = [...sent.values()];
    expect(there).toHaveLength(2 * bytes);
    expect(back).toBe(there);
  }
});
