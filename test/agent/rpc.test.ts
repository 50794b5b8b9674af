// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { type AgentMethod, progressParams } from '../../extension/protocol/agent';
import { Cleanup, eventually } from '../support/cleanup';
import { hasKernelTls } from '../support/kernelTls';
import { Traffic } from '../support/traffic';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  fixtureObject,
  kernelObjects,
  type TestAgent,
} from './fixture';
import { openSession, refusal, type Session } from './session';

/** Hundredths of a second of processor time that a process took so far, in all its threads. */
async function processorTicks({ pid }: ChildProcess): Promise<number> {
  const [, after = ''] = (await readFile(`/proc/${String(pid)}/stat`, 'utf8')).split(') ');
  const [user = '', system = ''] = after.split(' ').slice(11);
  return Number(user) + Number(system);
}

describe.each(builds)('JSON-RPC (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;
  let session: Session;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'rpc');
    session = await openSession(agent, cleanup);
  });
  afterEach(() => cleanup.run());

  it('opens with the handshake line and says who it is', async () => {
    expect(session.hello).toBe('SOCKMAP-AGENT c0ffee 1');
    const result = await session.call('initialize', { client: 'test', protocol: 1 });
    expect(result).toMatchObject({
      protocol: 1,
      pid: session.child.pid,
      uid: 0,
      bpffs: agent.bpffs,
      canLoad: true,
      problems: [],
    });
    const newer = await refusal(session.call('initialize', { client: 'test', protocol: 2 }));
    expect(newer).toEqual({ kind: 'protocol', message: 'test speaks protocol 2 and this agent 1' });
  });

  it('goes through a whole attachment', async () => {
    const stages: string[] = [];
    session.rpc.onNotification('$/progress', (params: unknown) => {
      const { token, value } = v.parse(progressParams, params);
      stages.push(`${token} ${value.message}`);
    });
    const data = (await readFile(datapathObject)).toString('base64');
    const attachment = await session.call('attach', {
      object: { name: 'sent.bpf.o', data },
      cgroup,
      name: 'rpc',
      progressToken: 7,
    });
    expect(attachment.object.name).toBe('sent.bpf.o');
    expect(stages).toEqual([
      `7 Verifying ${(await hasKernelTls()) ? 3 : 2} programs of sent.bpf.o`,
      `7 Attaching to ${cgroup}`,
    ]);
    const traffic = await Traffic.start(['unread', '--count', '2', '--bytes', '100', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    expect((await session.call('status', {})).attachments).toHaveLength(1);
    expect(await session.call('stats', { name: 'rpc' })).toMatchObject({ paired: 4, queuedBytes: 400 });
    const sockets = await session.call('sockets', { map: attachment.sockmapId ?? 0, limit: 3, offset: 1 });
    expect(sockets).toMatchObject({ total: 4, matched: 4, offset: 1 });
    expect(sockets.rows).toHaveLength(3);
    const { programs } = await session.call('programs', {});
    const ids = programs.filter(program => program.attachment === 'rpc').map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(attachment.programs.map(({ id }) => id)));
    const { maps } = await session.call('maps', {});
    expect(maps.find(({ id }) => id === attachment.sockmapId)).toMatchObject({ type: 'sockhash' });
    expect((await session.call('mapEntries', { id: attachment.sockmapId ?? 0 })).total).toBe(4);
    expect((await session.call('cgroups', { filter: 'sockmap-test-' })).total).toBeGreaterThan(0);
    expect((await session.call('probe', {})).btf).toBe(true);
    // The gate as well, which is attached on demand only.
    expect((await session.call('verify', { object: { path: datapathObject } })).programs).toHaveLength(4);
    traffic.go();
    await traffic.done();
    expect(await session.call('detach', { name: 'rpc' })).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('checks every parameter and names the key', async () => {
    const cases: [AgentMethod, unknown, string][] = [
      ['initialize', { protocol: 1 }, '"client" is required and missing'],
      ['initialize', { client: 'x', protocol: -1 }, '"protocol" must be an integer from 0'],
      ['initialize', { client: '', protocol: 1 }, '"client" must be a string that is not empty'],
      ['attach', {}, '"name" is required and missing'],
      ['attach', { name: 'x' }, '"cgroup" is required and missing'],
      ['attach', { name: 'x', cgroup: 5 }, '"cgroup" must be a string'],
      ['attach', { name: 'x', cgroup: '/' }, '"object" must be {"path"} or {"name", "data"}'],
      ['attach', { name: 'x', cgroup: '/', object: {} }, '"path" is required and missing'],
      ['attach', { name: 'x', cgroup: '/', object: { name: 'a', data: '*' } }, '"object.data" is not base64'],
      ['attach', { name: '../x', cgroup: '/' }, '"name" must be 1 to 32 letters'],
      ['detach', { name: 'x', force: 1 }, '"force" must be true or false'],
      ['detach', { name: 'x', drainTimeoutMs: 1.5 }, '"drainTimeoutMs" must be an integer'],
      ['verify', { object: { path: '/x' }, logLevel: 8 }, '"logLevel" must be an integer from 0 to 7'],
      ['mapEntries', {}, '"id" is required and missing'],
      ['mapEntries', { id: 2 ** 40 }, '"id" must be an integer from 0 to 4294967295'],
      ['mapEntries', { id: 1, limit: 1e9 }, '"limit" must be an integer from 0 to 100000'],
      ['sockets', { map: 'x' }, '"map" must be an integer'],
      ['sockets', { map: 1, sort: 'x' }, '"sort" must be a column'],
      ['cgroups', { filter: 1 }, '"filter" must be a string'],
      ['capture', { name: 'x' }, '"progressToken" is required'],
      ['capture', { name: 'x', progressToken: 'x' }, '"progressToken" is required'],
      ['capture', { name: 'x', progressToken: 1, file: '/x' }, '"file" is of the command line only'],
      ['capture', { name: 'x', progressToken: 1, port: 65536 }, '"port" must be an integer from 0 to 65535'],
      ['stats', [], '"params" must be an object'],
    ];
    for (const [method, params, message] of cases) {
      const refused = await refusal(session.rpc.sendRequest(method, params));
      expect([method, params, refused.kind]).toEqual([method, params, 'invalidParams']);
      expect(refused.message).toContain(message);
    }
    const unknown = session.rpc.sendRequest('fly', {});
    await expect(unknown).rejects.toMatchObject({ code: -32601, message: 'There is no method fly' });
    expect((await session.call('status', {})).attachments).toEqual([]);
  });

  it('cancels a verification within moments, and stays usable', async () => {
    const source = new CancellationTokenSource();
    const object = { path: await fixtureObject('slow') };
    const started = new Promise(resolve => session.rpc.onNotification('$/progress', resolve));
    const request = session.rpc.sendRequest(
      'verify',
      { object, logLevel: 2, progressToken: 1 },
      source.token,
    );
    await started;
    const before = performance.now();
    source.cancel();
    expect((await refusal(request)).kind).toBe('cancelled');
    expect(performance.now() - before).toBeLessThan(700);
    expect((await session.call('status', {})).attachments).toEqual([]);
  });

  it('answers what views ask for while the verifier is busy, and cancels it without a trace', async () => {
    const attachment = await session.call('attach', {
      object: { path: datapathObject },
      cgroup,
      name: 'seen',
    });
    const known = new Set((await kernelObjects('prog')).map(({ id }) => id));
    const started = new Promise(resolve => session.rpc.onNotification('$/progress', resolve));
    const source = new CancellationTokenSource();
    let ended = false;
    const verification = session.rpc
      .sendRequest(
        'verify',
        { object: { path: await fixtureObject('busy') }, logLevel: 2, progressToken: 1 },
        source.token,
      )
      .finally(() => {
        ended = true;
      });
    await started;
    const before = performance.now();
    expect((await session.call('status', {})).attachments).toMatchObject([{ name: 'seen' }]);
    expect(await session.call('stats', { name: 'seen' })).toMatchObject({ sockets: 0 });
    expect(await session.call('sockets', { map: attachment.sockmapId ?? 0 })).toMatchObject({ total: 0 });
    expect((await session.call('maps', {})).maps).not.toEqual([]);
    // Of more than ten seconds that the verification takes.
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(ended).toBe(false);
    // Another of its kind waits, and is given up while it does.
    const waiting = new CancellationTokenSource();
    const second = session.rpc.sendRequest('detach', { name: 'seen' }, waiting.token);
    waiting.cancel();
    expect((await refusal(second)).kind).toBe('cancelled');
    expect(ended).toBe(false);
    const cancelled = performance.now();
    source.cancel();
    expect((await refusal(verification)).kind).toBe('cancelled');
    expect(performance.now() - cancelled).toBeLessThan(700);
    const idle = await processorTicks(session.child);
    expect((await kernelObjects('prog')).filter(({ id, name }) => !known.has(id) && name === 'busy')).toEqual(
      [],
    );
    await new Promise(resolve => setTimeout(resolve, 300));
    expect((await processorTicks(session.child)) - idle).toBeLessThan(5);
    expect((await session.call('detach', { name: 'seen' })).removed).toBe(true);
    await expectFreed(attachment);
  });

  it('cancels what waits in the queue without running it', async () => {
    await session.call('attach', { object: { path: datapathObject }, cgroup, name: 'held' });
    const traffic = await Traffic.start(['unread', '--bytes', '100', '--cgroup', cgroup]);
    cleanup.add(() => traffic.stop());
    await traffic.ready();
    const draining = new CancellationTokenSource();
    const waiting = new CancellationTokenSource();
    const detach = session.rpc.sendRequest(
      'detach',
      { name: 'held', drainTimeoutMs: 60_000 },
      draining.token,
    );
    const attach = session.rpc.sendRequest(
      'attach',
      { object: { path: datapathObject }, cgroup, name: 'never' },
      waiting.token,
    );
    waiting.cancel();
    expect((await refusal(attach)).kind).toBe('cancelled');
    await eventually('the state draining', async () =>
      (await agent.find('held'))?.state === 'draining' ? true : undefined,
    );
    draining.cancel();
    expect((await refusal(detach)).kind).toBe('cancelled');
    expect((await session.call('status', {})).attachments).toMatchObject([
      { name: 'held', state: 'draining' },
    ]);
    traffic.go();
    await traffic.done();
    expect(await session.call('detach', { name: 'held' })).toMatchObject({ removed: true });
  });

  it.each(['end of input', 'SIGTERM', 'SIGHUP'] as const)('ends by %s while a request runs', async how => {
    const other = agent.spawn(['serve', '--nonce', 'ab']);
    await once(other.stdout ?? other, 'data');
    const body = JSON.stringify({
      ...{ jsonrpc: '2.0', id: 1, method: 'verify' },
      params: { object: { path: await fixtureObject('slow') }, logLevel: 2, progressToken: 1 },
    });
    const started = once(other.stdout ?? other, 'data');
    other.stdin?.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    await started;
    const ended = once(other, 'exit');
    const before = performance.now();
    if (how === 'end of input') other.stdin?.end();
    else other.kill(how);
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('serves two sessions at once', async () => {
    const second = await openSession(agent, cleanup);
    const both = await Promise.all([
      session.call('attach', { object: { path: datapathObject }, cgroup, name: 'left' }),
      second.call('attach', { object: { path: datapathObject }, cgroup, name: 'right' }),
    ]);
    expect(both.map(({ state }) => state)).toEqual(['attached', 'attached']);
    expect((await second.call('status', {})).attachments.map(({ name }) => name)).toEqual(['left', 'right']);
  });
});
