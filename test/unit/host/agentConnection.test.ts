// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import { AgentError } from '../../../extension/host/api';
import type { AgentConnection } from '../../../extension/host/agentConnection';
import { descendants, problemOf, until } from '../../support/hosts';
import { ManualClock } from '../../support/clock';
import { open } from './faulty';

let connection: AgentConnection | undefined;

async function connected(fault: string): Promise<AgentConnection> {
  connection = await open(fault);
  return connection;
}

const agents = async () => (await descendants()).filter(({ command }) => command.includes('faultyAgent'));

afterEach(async () => {
  await connection?.close(100);
  connection = undefined;
  expect(await agents()).toEqual([]);
});

describe('the handshake', () => {
  test('skips a banner and passes on what follows', async () => {
    const agent = await connected('');
    expect(await agent.request('status', {})).toEqual({ attachments: [] });
  });

  test.each([
    ['version', 'protocolMismatch', /speaks protocol 99, this extension 1/],
    ['banner', 'handshake', /more than 64 KiB/],
    ['exit', 'handshake', /ended before it spoke \(exit status 3\)/],
  ])('fails clearly: %s', async (fault, code, message) => {
    const problem = await problemOf(open(fault));
    expect(problem.code).toBe(code);
    expect(problem.message).toMatch(message);
  });

  test('shows what the program said before it ended', async () => {
    expect((await problemOf(open('exit'))).detail).toContain('cannot run here');
  });
});

describe('a request', () => {
  test('rejects with the error and its checked data, and tells of progress', async () => {
    const agent = await connected('progress');
    const stages: string[] = [];
    const params = { object: { path: '/x.o' }, cgroup: '/', name: 'n' };
    const error = await agent
      .request('attach', params, { onProgress: stage => stages.push(stage) })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({
      message: 'It exists.',
      code: -32006,
      data: { kind: 'exists', action: 'Detach.' },
    });
    expect(stages).toEqual(['half']);
  });

  test('keeps the sentence when the data of the error is nonsense', async () => {
    const agent = await connected('badData');
    const error = await agent.request('status', {}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'It failed.', data: undefined });
  });

  test('checks the result', async () => {
    const agent = await connected('schema');
    const problem = await problemOf(agent.request('initialize', { client: 'test', protocol: 1 }));
    expect(problem.code).toBe('protocolMismatch');
    expect(problem.message).toContain('initialize');
  });

  test('times out', async () => {
    const agent = await connected('silent');
    const problem = await problemOf(agent.request('status', {}, { timeoutMs: 50 }));
    expect(problem).toMatchObject({ code: 'timeout', message: expect.stringContaining('status') as string });
  });

  test('is cancelled at the agent', async () => {
    const agent = await connected('cancellable');
    const controller = new AbortController();
    const request = problemOf(agent.request('status', {}, { signal: controller.signal }));
    await agent.request('initialize', { client: 'test', protocol: 1 });
    const started = performance.now();
    controller.abort();
    expect((await request).code).toBe('cancelled');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('is not sent when it was cancelled before', async () => {
    const agent = await connected('silent');
    const request = agent.request('status', {}, { signal: AbortSignal.abort() });
    expect((await problemOf(request)).code).toBe('cancelled');
  });

  test('brings its data in order and before the result, and an abort of a capture is no failure', async () => {
    const clock = new ManualClock();
    connection = await open('data', clock);
    const controller = new AbortController();
    const chunks: Uint8Array[] = [];
    const text = () => Buffer.concat(chunks).toString();
    const capture = connection.request(
      'capture',
      { name: 'n' },
      {
        signal: controller.signal,
        onData: bytes => {
          chunks.push(bytes);
          // Of five that an abort may take.
          clock.advance(3_000);
        },
      },
    );
    await until('the first data', () => Promise.resolve(text() === 'one two '));
    clock.advance(3_600_000);
    controller.abort();
    expect(await capture).toMatchObject({ file: null, ended: 'interrupted' });
    expect(text()).toBe('one two three four');
  });

  test('is given up when no more data comes after an abort', async () => {
    const clock = new ManualClock();
    connection = await open('silent', clock);
    const controller = new AbortController();
    const capture = problemOf(
      connection.request('capture', { name: 'n' }, { signal: controller.signal, onData: () => undefined }),
    );
    controller.abort();
    clock.advance(5_000);
    expect((await capture).code).toBe('cancelled');
  });

  test.each([
    ['cancelled', 'late', 1],
    ['timeout', 'late', 1],
    ['cancelled', 'lateRefusal', 0],
  ])('that was given up (%s) tells that it was carried out: %s', async (code, fault, times) => {
    const clock = new ManualClock();
    connection = await open(fault, clock);
    const controller = new AbortController();
    const { signal } = controller;
    let late = 0;
    const options = { onLate: () => late++, ...(code === 'timeout' ? { timeoutMs: 5_000 } : { signal }) };
    const request = problemOf(connection.request('status', {}, options));
    controller.abort();
    clock.advance(5_000);
    expect((await request).code).toBe(code);
    expect(late).toBe(0);
    await connection.request('initialize', { client: 'test', protocol: 1 });
    expect(late).toBe(times);
  });

  test('that is answered in time is not late', async () => {
    const agent = await connected('late');
    let late = 0;
    const request = agent.request('status', {}, { onLate: () => late++ });
    await agent.request('initialize', { client: 'test', protocol: 1 });
    expect(await request).toEqual({ attachments: [] });
    expect(late).toBe(0);
  });

  test.each(['damagedData', 'dataOfNobody'])('fails rather than have a gap: %s', async fault => {
    const agent = await connected(fault);
    const chunks: Uint8Array[] = [];
    const problem = await problemOf(
      agent.request('capture', { name: 'n' }, { onData: bytes => chunks.push(bytes) }),
    );
    expect(problem.code).toBe('protocolMismatch');
    expect(problem.message).toMatch(/^The data that .* sends for capture is damaged\.$/);
    expect(chunks).toEqual([]);
  });

  test.each(['dies', 'garbage'])(
    'rejects when the agent %s, and so do the others and the later ones',
    async fault => {
      const agent = await connected(fault);
      const lost: string[] = [];
      agent.onDidLose(problem => lost.push(problem.code));
      const requests = await Promise.all([1, 2, 3].map(() => problemOf(agent.request('status', {}))));
      expect(requests.map(({ code }) => code)).toEqual([
        'connectionLost',
        'connectionLost',
        'connectionLost',
      ]);
      expect((await problemOf(agent.request('status', {}))).code).toBe('connectionLost');
      expect(lost).toEqual(['connectionLost']);
    },
  );

  test('rejects when the connection is closed meanwhile', async () => {
    const agent = await connected('silent');
    const request = problemOf(agent.request('status', {}));
    await agent.close();
    expect((await request).code).toBe('connectionLost');
  });
});

test('an agent that ignores the end of its input and SIGTERM is killed', async () => {
  const agent = await connected('stubborn');
  expect(await agents()).toHaveLength(1);
  const started = performance.now();
  await agent.close(100);
  expect(performance.now() - started).toBeLessThan(2_000);
  await until('it is gone', async () => (await agents()).length === 0);
});
