// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from 'vitest';
import type { HostState, Problem } from '../../../extension/core/hosts';
import { ProblemError } from '../../../extension/core/problem';
import type { AgentConnection } from '../../../extension/host/agentConnection';
import type { Connector, OpenOptions } from '../../../extension/host/connector';
import { ManagedHost } from '../../../extension/host/managedHost';
import { ManualClock } from '../../support/clock';
import { descendants, problemOf, silent, stateOf, until } from '../../support/hosts';
import { faultyConnector } from './faulty';

/** Answers each attempt as told: a problem, a way to a process that misbehaves, or (undefined) never. */
class Script implements Connector {
  attempts = 0;
  readonly connections: AgentConnection[] = [];

  constructor(public next: Problem | string | undefined) {}

  async open(options: OpenOptions): Promise<AgentConnection> {
    this.attempts += 1;
    if (typeof this.next === 'object') {
      throw new ProblemError(this.next);
    }
    if (this.next === undefined) {
      return new Promise((_resolve, reject) => {
        options.signal.addEventListener('abort', () => {
          reject(new ProblemError({ code: 'cancelled', message: 'It was cancelled.' }));
        });
      });
    }
    const connection = await faultyConnector(this.next).open(options);
    this.connections.push(connection);
    return connection;
  }

  /** Ends the newest agent by its death. */
  async kill(): Promise<void> {
    const [agent] = (await descendants()).filter(({ command }) => command.includes('faultyAgent'));
    if (agent === undefined) {
      throw new Error('No agent runs.');
    }
    process.kill(agent.pid, 'SIGKILL');
  }
}

const unreachable: Problem = { code: 'unreachable', message: 'No route.' };
const refused: Problem = { code: 'loginRefused', message: 'No.' };

let host: ManagedHost;
let clock: ManualClock;
let script: Script;
let states: string[];

function create(next: Script['next']): void {
  clock = new ManualClock();
  script = new Script(next);
  host = new ManagedHost({
    definition: { kind: 'local', id: 'local', label: 'here' },
    connector: script,
    client: 'sockmap/test',
    logger: silent,
    clock,
  });
  states = [];
  host.onDidChangeState(state => states.push(state.kind));
}

const retrying = (attempt: number) => (state: HostState) =>
  state.kind === 'retrying' && state.attempt === attempt;

afterEach(async () => {
  await host.dispose();
  expect(clock.pending).toBe(0);
  expect((await descendants()).filter(({ command }) => command.includes('faultyAgent'))).toEqual([]);
});

describe('connecting', () => {
  test('calls that come together share one agent', async () => {
    create('');
    const clients = await Promise.all([host.connect(), host.connect(), host.connect()]);
    expect(new Set(clients).size).toBe(1);
    expect(host.client).toBe(clients[0]);
    expect(await host.connect()).toBe(clients[0]);
    expect(script.attempts).toBe(1);
    expect(host.state).toMatchObject({ kind: 'ready', hostname: 'faulty' });
  });

  test('the first failure is shown and not retried', async () => {
    create(unreachable);
    expect(await problemOf(host.connect())).toEqual(unreachable);
    expect(host.state).toEqual({ kind: 'failed', problem: unreachable });
    clock.advance(120_000);
    expect(script.attempts).toBe(1);
  });

  test('only the last caller that leaves ends the attempt', async () => {
    create(undefined);
    const first = new AbortController();
    const second = new AbortController();
    const results = [problemOf(host.connect(first.signal)), problemOf(host.connect(second.signal))];
    first.abort();
    expect((await results[0])?.code).toBe('cancelled');
    expect(host.state.kind).toBe('connecting');
    second.abort();
    expect((await results[1])?.code).toBe('cancelled');
    expect(host.state.kind).toBe('idle');
  });

  test('a call after an abandoned attempt starts anew', async () => {
    create(undefined);
    const controller = new AbortController();
    const abandoned = problemOf(host.connect(controller.signal));
    await until('the attempt runs', () => Promise.resolve(script.attempts === 1));
    controller.abort();
    script.next = '';
    const client = await host.connect();
    expect(client).toBe(host.client);
    expect((await abandoned).code).toBe('cancelled');
  });

  test('disconnect ends an attempt under way', async () => {
    create(undefined);
    const result = problemOf(host.connect());
    await host.disconnect();
    expect((await result).code).toBe('cancelled');
    expect(host.state.kind).toBe('idle');
  });

  test('an answer to initialize that is not understood is a lasting problem', async () => {
    create('schema');
    expect((await problemOf(host.connect())).code).toBe('protocolMismatch');
    expect(host.state.kind).toBe('failed');
  });
});

describe('a lost connection', () => {
  test('is retried with growing delays until it is back', async () => {
    create('');
    await host.connect();
    script.next = unreachable;
    await script.kill();
    const delays: number[] = [];
    for (const attempt of [1, 2, 3, 4, 5, 6, 7]) {
      const state = await stateOf(host, retrying(attempt));
      if (state.kind === 'retrying') {
        delays.push(state.delayMs);
        clock.advance(state.delayMs);
      }
    }
    expect(delays).toEqual([1000, 1500, 3000, 6000, 12000, 22500, 22500]);
    await stateOf(host, retrying(8));
    script.next = '';
    clock.advance(30_000);
    await stateOf(host, ({ kind }) => kind === 'ready');
  });

  test('is given up when trying again cannot mend it', async () => {
    create('');
    await host.connect();
    script.next = refused;
    await script.kill();
    await stateOf(host, retrying(1));
    clock.advance(1_000);
    expect(await stateOf(host, ({ kind }) => kind === 'failed')).toEqual({
      kind: 'failed',
      problem: refused,
    });
    clock.advance(120_000);
    expect(script.attempts).toBe(2);
  });

  test('rejects what is under way', async () => {
    create('silent');
    const client = await host.connect();
    const request = problemOf(client.request('status', {}));
    await script.kill();
    expect((await request).code).toBe('connectionLost');
    expect(host.client).toBeUndefined();
    await stateOf(host, retrying(1));
  });

  test('connect() does not wait for the delay, disconnect() ends the retrying', async () => {
    create('');
    await host.connect();
    await script.kill();
    await stateOf(host, retrying(1));
    await host.connect();
    await script.kill();
    await stateOf(host, ({ kind }) => kind === 'retrying');
    await host.disconnect();
    expect(host.state.kind).toBe('idle');
    clock.advance(120_000);
    expect(script.attempts).toBe(2);
  });

  test('an agent that dies at once again and again is tried ever more slowly', async () => {
    create('diesAfterInitialize');
    await host.connect().catch(() => undefined);
    for (const attempt of [1, 2, 3]) {
      const state = await stateOf(host, retrying(attempt));
      clock.advance(state.kind === 'retrying' ? state.delayMs : 0);
    }
    await stateOf(host, retrying(4));
  });
});

// Twenty starts of node on a busy machine take their time.
test('twenty rounds leave no process, no listener and no timer', { timeout: 60_000 }, async () => {
  create('');
  for (let round = 0; round < 20; round++) {
    await host.connect();
    await host.disconnect();
  }
  expect(script.attempts).toBe(20);
  expect(process.listenerCount('exit')).toBeLessThan(10);
  expect((await descendants()).filter(({ command }) => command.includes('faultyAgent'))).toEqual([]);
  expect(states.filter(kind => kind === 'ready')).toHaveLength(20);
});
