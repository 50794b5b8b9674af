// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusLogs, summarize, type CorpusLog } from '../../support/verifierCorpus';

describe('the corpus on the running kernel', () => {
  let logs: CorpusLog[] = [];
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sockmap-corpus-'));
    logs = await corpusLogs(folder, false);
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
