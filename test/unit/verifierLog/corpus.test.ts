// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusObjects, LEVELS, readVerified, summarize, type CorpusLog } from '../../support/verifierCorpus';

const agent = new URL('../../../dist/agent/x86_64/sockmap-agent', import.meta.url).pathname;

const verify = (object: string, level: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ['verify', '--json', '--log-level', String(level), object];
    execFile(agent, args, { maxBuffer: 1 << 28 }, (error, stdout) => {
      // An object without programs, or one that cannot be read, is answered on stderr.
      if (error && typeof error.code !== 'number') reject(new Error(error.message));
      else resolve(stdout);
    });
  });

describe('the corpus on the running kernel', () => {
  const logs: CorpusLog[] = [];
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sockmap-corpus-'));
    for (const object of await corpusObjects(folder, false))
      for (const level of LEVELS) logs.push(...readVerified(await verify(object, level), object, level));
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is understood in every line, with the error and its C line', () => {
    const summary = summarize(logs);
    expect(summary.programs).toBeGreaterThanOrEqual(200);
    expect(summary.refused).toBeGreaterThanOrEqual(3 * 80);
    expect(summary.unrecognized).toEqual([]);
    expect(summary.withoutError).toEqual([]);
    expect(summary.withoutSource).toEqual([]);
    process.stdout.write(
      `${summary.programs} programs, ${summary.logs} logs, ${summary.refused} of refused programs, ` +
        `${summary.silent} without the verifier's words\n`,
    );
  }, 60_000);
});
