// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { Messenger, type CancelSignal } from '../../../extension/protocol/messenger';
import { ManualClock } from '../../support/clock';

const HOST = {
  requests: { half: { params: v.object({ of: v.number() }), result: v.object({ is: v.number() }) } },
  notes: {},
} as const;
const PAGE = { requests: {}, notes: { said: v.object({ text: v.string() }) } } as const;

function line(half: (params: { of: number }, signal: CancelSignal) => Promise<{ is: number }>) {
  const clock = new ManualClock();
  const after = (delayMs: number, action: () => void) => clock.after(delayMs, action);
  const faults: string[] = [];
  const heard: string[] = [];
  const onFault = (message: string) => faults.push(message);
  // What crosses is what JSON keeps, as in a webview.
  const over = (message: unknown): unknown => JSON.parse(JSON.stringify(message));
  const host: Messenger<typeof HOST, typeof PAGE> = new Messenger({
    ...{ mine: HOST, theirs: PAGE, after, onFault },
    handlers: { half },
    post: message => page.receive(over(message)),
  });
  const page: Messenger<typeof PAGE, typeof HOST> = new Messenger({
    ...{ mine: PAGE, theirs: HOST, after, onFault },
    handlers: { said: (note: { text: string }) => heard.push(note.text) },
    post: message => host.receive(over(message)),
  });
  return { host, page, clock, faults, heard };
}

const halve = ({ of }: { of: number }) => Promise.resolve({ is: of / 2 });
const never = () => new Promise<{ is: number }>(() => undefined);

describe('a messenger', () => {
  test('brings an answer, and notes without one', async () => {
    const { host, page, heard, faults } = line(halve);
    await expect(page.request('half', { of: 6 })).resolves.toEqual({ is: 3 });
    host.note('said', { text: 'hello' });
    expect(heard).toEqual(['hello']);
    expect(faults).toEqual([]);
  });

  test('brings the error of a handler', async () => {
    const { page } = line(() => Promise.reject(new Error('The log is gone.')));
    await expect(page.request('half', { of: 6 })).rejects.toMatchObject({
      kind: 'failed',
      message: 'The log is gone.',
    });
  });

  test('refuses answers that do not fit', async () => {
    // JSON has no NaN: it arrives as null.
    const { page } = line(() => Promise.resolve({ is: Number.NaN }));
    await expect(page.request('half', { of: 6 })).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('refuses parameters that do not fit before the handler sees them', async () => {
    let called = 0;
    const { page } = line(() => {
      called++;
      return Promise.resolve({ is: 1 });
    });
    await expect(page.request('half', { of: Number.NaN })).rejects.toMatchObject({ kind: 'failed' });
    expect(called).toBe(0);
  });

  test('ends a request without answer, and tells the other side', async () => {
    let seen: CancelSignal | undefined;
    const { page, clock } = line((_, signal) => {
      seen = signal;
      return never();
    });
    const asked = page.request('half', { of: 6 }, { timeoutMs: 50 });
    clock.advance(51);
    await expect(asked).rejects.toMatchObject({ kind: 'timeout' });
    expect(seen?.cancelled).toBe(true);
  });

  test('gives a request up', async () => {
    let cancel = (): void => undefined;
    const { page } = line(never);
    const asked = page.request('half', { of: 6 }, { cancel: give => (cancel = give) });
    cancel();
    await expect(asked).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('ends everything when it is disposed', async () => {
    const { page } = line(never);
    const asked = page.request('half', { of: 6 });
    page.dispose();
    await expect(asked).rejects.toMatchObject({ kind: 'closed' });
    await expect(page.request('half', { of: 6 })).rejects.toMatchObject({ kind: 'closed' });
  });

  test('drops what is none of its own and says so', () => {
    const { page, faults, heard } = line(halve);
    for (const message of [
      undefined,
      'text',
      { type: 'note', method: 'said', params: { text: 1 } },
      { type: 'note', method: 'toString', params: {} },
      { type: 'result', id: 0 },
    ])
      page.receive(message);
    expect(heard).toEqual([]);
    expect(faults).toHaveLength(5);
  });
});
