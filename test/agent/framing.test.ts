// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { Cleanup } from '../support/cleanup';
import { builds, createAgent, type TestAgent } from './fixture';

const answer = v.looseObject({
  jsonrpc: v.literal('2.0'),
  id: v.nullable(v.union([v.number(), v.string()])),
  error: v.optional(v.looseObject({ code: v.number(), message: v.string() })),
});
type Answer = v.InferOutput<typeof answer>;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly answers: readonly Answer[];
}

const frame = (body: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
};
const request = (id: number, method: string, params: unknown = {}): Buffer =>
  frame(JSON.stringify({ jsonrpc: '2.0', id, method, params }));

/** Splits what the agent printed; anything that is no frame is an error. */
function parseFrames(output: Buffer): Answer[] {
  const answers: Answer[] = [];
  let rest = output.subarray(output.indexOf('\n') + 1);
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    const length = Number(/^Content-Length: (\d+)$/.exec(rest.subarray(0, end).toString())?.[1]);
    if (end < 0 || Number.isNaN(length)) throw new Error(`No frame: ${rest.toString().slice(0, 200)}`);
    answers.push(v.parse(answer, JSON.parse(rest.subarray(end + 4, end + 4 + length).toString())));
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}

/** Feeds bytes to a fresh agent and closes its input. */
async function feed(agent: TestAgent, ...chunks: Uint8Array[]): Promise<Ended> {
  const child = agent.spawn(['serve', '--nonce', 'ab']);
  const output: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.on('error', () => undefined);
  const closed = once(child, 'close');
  for (const chunk of chunks) child.stdin?.write(chunk);
  child.stdin?.end();
  await closed;
  return {
    code: child.exitCode,
    signal: child.signalCode,
    stderr,
    answers: parseFrames(Buffer.concat(output)),
  };
}

describe.each(builds)('framing (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
  });
  afterEach(() => cleanup.run());

  it.each([
    ['{', -32700, 'The message is not JSON'],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"status"}', -32700, 'duplicate'],
    ['', -32700, 'The message is not JSON'],
    ['"\u0000"', -32700, 'The message is not JSON'],
    ['[]', -32600, 'Batches are not supported'],
    ['[{"jsonrpc":"2.0","id":1,"method":"status"}]', -32600, 'Batches are not supported'],
    ['7', -32600, 'A message must be a JSON object'],
    ['{"id":1,"method":"status"}', -32600, '"jsonrpc" must be "2.0"'],
    ['{"jsonrpc":"1.0","id":1,"method":"status"}', -32600, '"jsonrpc" must be "2.0"'],
    ['{"jsonrpc":"2.0","id":1}', -32600, '"method" must be a string'],
    ['{"jsonrpc":"2.0","id":1,"method":5}', -32600, '"method" must be a string'],
    ['{"jsonrpc":"2.0","id":[1],"method":"status"}', -32600, '"id" must be an integer or a string'],
  ])('answers %j with %i and goes on', async (body, code, message) => {
    /* Two rounds, so that the second proves the first did no harm. */
    const { answers, ...ended } = await feed(agent, frame(body), frame(body));
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(answers).toHaveLength(2);
    for (const { error } of answers) {
      expect(error?.code).toBe(code);
      expect(error?.message).toContain(message);
    }
  });

  it('ignores notifications and answers that nobody asked for', async () => {
    const messages = [
      { jsonrpc: '2.0', method: 'unheard/of' },
      { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 99 } },
      { jsonrpc: '2.0', method: '$/cancelRequest' },
      { jsonrpc: '2.0', id: 5, result: {} },
    ];
    const ended = await feed(agent, ...messages.map(message => frame(JSON.stringify(message))));
    expect(ended).toMatchObject({ code: 0, answers: [], stderr: '' });
  });

  it.each([
    ['Content-Length: x\r\n\r\n', 'Content-Length is not a number of bytes'],
    ['Content-Length: -5\r\n\r\n', 'Content-Length is not a number of bytes'],
    ['Content-Length: 5, 5\r\n\r\n', 'Content-Length is not a number of bytes'],
    ['Content-Length: 1\r\nContent-Length: 2\r\n\r\n', 'two Content-Length lines'],
    ['Content-Type: x\r\n\r\n', 'no Content-Length'],
    ['\r\n\r\n', 'no name and colon'],
    ['no colon\r\n\r\n', 'no name and colon'],
    ['Content-Length: 67108865\r\n\r\n', 'larger than 64 MiB'],
    ['Content-Length: 99999999999999999999\r\n\r\n', 'Content-Length is not a number of bytes'],
    [`X: ${'y'.repeat(5000)}`, 'longer than 4096 bytes'],
    ['Content-Length: 10\r\n\r\n{}', 'ended inside a frame body'],
    ['Content-Le', 'ended inside a frame header'],
    ['Content-Length: 2\r\n\u0000: 1\r\n\r\n{}', 'NUL byte'],
  ])('gives up a stream that it cannot follow: %j', async (bytes, why) => {
    const ended = await feed(agent, Buffer.from(bytes));
    expect([ended.code, ended.signal, ended.answers]).toEqual([2, null, []]);
    expect(ended.stderr).toMatch(/^sockmap-agent: [^\n]*\. The connection is given up\.\n$/);
    expect(ended.stderr).toContain(why);
  });

  it('takes headers and bodies in any pieces, and other header fields', async () => {
    const body = '{"jsonrpc":"2.0","id":"a","method":"nope"}';
    const text = `content-type: application/json\r\nCONTENT-LENGTH:   ${body.length}  \r\n\r\n${body}`;
    const child = agent.spawn(['serve', '--nonce', 'ab']);
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    const closed = once(child, 'close');
    for (const byte of Buffer.from(text + text)) {
      child.stdin?.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    /* The end of the input would cancel what still waits. */
    while (Buffer.concat(output).toString().split('There is no method nope').length < 3) {
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    child.stdin?.end();
    await closed;
    const answers = parseFrames(Buffer.concat(output));
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      ['a', -32601],
      ['a', -32601],
    ]);
  });

  it('survives hundreds of damaged conversations', async () => {
    const methods = ['initialize', 'status', 'stats', 'sockets', 'cgroups', 'mapEntries', 'verify', 'detach'];
    const valid = fc
      .tuple(fc.nat(9), fc.constantFrom(...methods), fc.jsonValue({ maxDepth: 3 }))
      .map(([id, method, params]) => request(id, method, params));
    const damaged = fc.tuple(valid, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = value;
      return copy;
    });
    const cut = fc.tuple(valid, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length));
    const noise = fc.uint8Array({ maxLength: 200 });
    const anyBody = fc.uint8Array({ maxLength: 100 }).map(frame);
    const conversation = fc.array(fc.oneof(valid, damaged, anyBody, cut, noise), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(conversation, async chunks => {
        const ended = await feed(agent, ...chunks);
        expect(ended.signal).toBeNull();
        /* 98 and 99 would be a sanitizer's. */
        expect([0, 2]).toContain(ended.code);
        for (const { error } of ended.answers) expect(error?.message ?? 'result').not.toBe('');
      }),
      { numRuns: build === 'release' ? 200 : 100 },
    );
    expect(await agent.json('status', 'status')).toEqual({ attachments: [] });
  });
});
