// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import * as v from 'valibot';
import { expect } from 'vitest';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import {
  AGENT_ERROR_CODES,
  type AgentErrorKind,
  agentErrorData,
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  agentResults,
} from '../../extension/protocol/agent';
import type { Cleanup } from '../support/cleanup';
import type { TestAgent } from './fixture';

/** A `sockmap-agent serve` and what speaks with it. */
export interface Session {
  readonly child: ChildProcess;
  readonly rpc: MessageConnection;
  readonly hello: string;
  call<M extends AgentMethod>(method: M, params: AgentParams[M]): Promise<AgentResult<M>>;
}

/** `cleanup` ends it, and checks how it ended. */
export async function openSession(agent: TestAgent, cleanup: Cleanup): Promise<Session> {
  const child = agent.spawn(['serve', '--nonce', 'c0ffee']);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('The agent has no pipes.');
  const ended = once(child, 'exit');
  cleanup.add(async () => {
    stdin.end();
    await ended;
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  });
  const [first] = (await once(stdout, 'data')) as [Buffer];
  const newline = first.indexOf('\n');
  const frames = new PassThrough();
  frames.write(first.subarray(newline + 1));
  stdout.pipe(frames);
  const rpc = createMessageConnection(new StreamMessageReader(frames), new StreamMessageWriter(stdin));
  rpc.listen();
  cleanup.add(() => {
    rpc.dispose();
    return Promise.resolve();
  });
  return {
    child,
    rpc,
    hello: first.subarray(0, newline).toString(),
    call: async (method, params) => v.parse(agentResults[method], await rpc.sendRequest(method, params)),
  };
}

/** What a request that must fail was refused with. */
export async function refusal(request: Promise<unknown>): Promise<{ kind: AgentErrorKind; message: string }> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const { kind } = v.parse(agentErrorData, error.data);
    expect(error.code).toBe(AGENT_ERROR_CODES[kind]);
    return { kind, message: error.message };
  }
  throw new Error('The request was not refused.');
}
