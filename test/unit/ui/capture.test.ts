// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProblemError } from '../../../extension/core/problem';
import { AgentError } from '../../../extension/host/api';
import type { CaptureResult } from '../../../extension/protocol/agent';
import { CaptureFile } from '../../../extension/ui/capture/captureFile';
import { type CaptureOutcome, runCapture } from '../../../extension/ui/capture/runCapture';
import { captureReport } from '../../../extension/ui/capture/texts';
import { temporaryFolder, type TemporaryFolder } from '../../rig/checkout';
import { type Answers, FakeHost } from '../../support/fakeHost';
import { block } from '../../support/pcapng';

const result: CaptureResult = {
  name: 'web',
  file: null,
  messages: 1234,
  bytes: 5 << 20,
  packets: 1300,
  dropped: { messages: 0, bytes: 0 },
  ended: 'interrupted',
};
const lost = new ProblemError({ code: 'connectionLost', message: 'The connection to a was lost.' });
const busy = new AgentError('Messages of web are being captured already', -32008, {
  kind: 'busy',
  action: 'End that one first.',
});

describe('a capture into a file', () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder('capture');
    path = join(folder.path, 'web.pcapng');
  });
  afterEach(() => folder.remove());

  async function run(capture: Answers['capture'], abort = new AbortController()) {
    const host = new FakeHost('a', capture === undefined ? {} : { capture });
    const texts: string[] = [];
    const task = { signal: abort.signal, report: (text: string) => texts.push(text) };
    const client = await host.connect();
    const outcome = await runCapture(client, { name: 'web', all: true }, await CaptureFile.open(path), task);
    return { outcome, texts, asked: host.asked };
  }

  it('goes on until the person ends it, and keeps what came', async () => {
    const abort = new AbortController();
    const { outcome, texts, asked } = await run((_params, { signal, onData, onProgress }) => {
      onProgress?.('1234 messages, 5.0 MiB');
      onData?.(block(12));
      return new Promise(resolve => {
        signal?.addEventListener('abort', () => {
          onData?.(block(40));
          resolve(result);
        });
        abort.abort();
      });
    }, abort);
    expect(asked).toEqual([{ method: 'capture', params: { name: 'web', all: true } }]);
    expect(texts).toEqual(['1234 messages, 5.0 MiB']);
    expect(outcome).toEqual({ result, failure: undefined, size: 52 });
    expect(await readFile(path)).toEqual(Buffer.concat([block(12), block(40)]));
  });

  it('that is refused leaves a file as it was', async () => {
    await writeFile(path, 'of the capture that runs');
    const { outcome } = await run(() => Promise.reject(busy));
    expect(outcome).toEqual({ result: undefined, failure: busy, size: 0 });
    expect(await readFile(path, 'utf8')).toBe('of the capture that runs');
  });

  it('keeps the whole blocks that came before the connection was lost', async () => {
    const { outcome } = await run((_params, { onData }) => {
      onData?.(Buffer.concat([block(12), block(40).subarray(0, 20)]));
      return Promise.reject(lost);
    });
    expect(outcome).toEqual({ result: undefined, failure: lost, size: 12 });
    expect(await readFile(path)).toEqual(block(12));
  });

  it('is ended at the agent when the disk is full', async () => {
    path = '/dev/full';
    const { outcome } = await run((_params, { signal, onData }) => {
      onData?.(block(12));
      return new Promise(resolve => signal?.addEventListener('abort', () => resolve(result)));
    });
    expect(outcome).toMatchObject({ result, size: 0 });
    expect(outcome.failure?.message).toBe('full cannot be written any further: no space left on device.');
  });
});

describe('the report of a capture', () => {
  const report = (outcome: Partial<CaptureOutcome>, all = true) =>
    captureReport(
      { result, failure: undefined, size: 2048, ...outcome },
      { name: 'web', file: 'w.pcapng', all },
    );

  it('counts what is there', () => {
    expect(report({})).toEqual({
      severity: 'info',
      message: 'Captured 1\u202f234 messages (5.0 MiB) of web into w.pcapng.',
    });
    expect(report({ result: { ...result, messages: 1, bytes: 7 } }).message).toMatch(
      /^Captured 1 message \(7 B\)/,
    );
    const detached = report({ result: { ...result, ended: 'detached' } });
    expect(detached.message).toMatch(/into w\.pcapng\. web was detached, which ended the capture\.$/);
  });

  it('says what is missing and what helps', () => {
    const { severity, message } = report({ result: { ...result, dropped: { messages: 2, bytes: 3 << 10 } } });
    expect(severity).toBe('warning');
    expect(message).toMatch(/2 messages \(3\.0 KiB\) came too fast .* capture one connection or port/);
  });

  it('says what to check when nothing came', () => {
    const nothing = { ...result, messages: 0, bytes: 0 };
    expect(report({ result: nothing })).toMatchObject({ severity: 'info' });
    expect(report({ result: nothing }).message).toMatch(/^No message came: .* established after Attach/);
    expect(report({ result: nothing }, false).message).toMatch(/^No message came: .* capture all messages/);
  });

  it('of one that failed says why, and that what came before is kept', () => {
    expect(report({ result: undefined, failure: lost })).toEqual({
      severity: 'error',
      message: 'The connection to a was lost. What came before is in w.pcapng (2.0 KiB).',
    });
    const late = new ProblemError({ code: 'cancelled', message: 'The request capture was cancelled.' });
    expect(report({ result: undefined, failure: late })).toMatchObject({ severity: 'warning' });
  });
});
