// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { Cleanup, eventually } from '../support/cleanup';
import { figure } from '../support/traffic';
import { agent, attachDatapath, freed, LACKS, machine, run, setConfig, startTraffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it('detaches while 100 connections hold unread bytes: none is lost, nothing stays', async () => {
  const connections = 100;
  const bytes = 4096;
  const datapath = await attachDatapath(cleanup, 'detach');
  const { attachment } = datapath;
  const unread = await startTraffic([
    ...['unread', '--count', String(connections), '--bytes', String(bytes), '--cgroup', datapath.cgroup],
  ]);
  cleanup.add(() => unread.stop());
  await unread.ready();
  const before = await datapath.stats();
  expect(before.queuedBytes).toBe(2 * connections * bytes);

  const detaching = agent.detach(attachment.name, 30);
  await eventually('the state draining', async () => {
    const { attachments } = await agent.status();
    return attachments.find(other => other.name === attachment.name)?.state === 'draining' ? true : undefined;
  });
  /* Messages that are sent while draining take the stack, behind what is queued. */
  unread.go();
  const result = await unread.done();
  expect(figure(result, 'bytes')).toBe(4 * connections * bytes);

  const detached = await detaching;
  expect(detached).toMatchObject({ removed: true, remaining: [], lostBytes: 0 });
  expect(await machine.exists(attachment.pinPath)).toBe(false);
  expect((await run('bpftool', 'cgroup', 'show', datapath.cgroup)).trim()).toBe('');
  await freed(attachment);
});

it('gives writers that were held their sockets back as they were', async () => {
  const datapath = await attachDatapath(cleanup, 'held');
  await setConfig(datapath, { queueLimit: 64 * 1024, streamMs: Infinity });
  const churn = await startTraffic([
    ...['churn', '--count', '4', '--bytes', '50000000', '--message', '250000', '--ask'],
    ...['--cgroup', datapath.cgroup],
  ]);
  cleanup.add(() => churn.stop());
  await churn.ready();
  await agent.detach(datapath.attachment.name, 30);
  churn.go();
  expect(figure(await churn.done(), 'held')).toBe(LACKS.has('letsGo') ? 8 : 0);
});
