// SPDX-License-Identifier: Apache-2.0
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../extension/host/process';
import { startVm, type Vm, vmKernels } from '../rig/vm';
import { corpusObjects, LEVELS, readVerified, summarize, type CorpusLog } from '../support/verifierCorpus';

const agent = new URL('../../dist/agent/x86_64/sockmap-agent', import.meta.url).pathname;
const FOLDER = '/tmp/corpus';

/** Agent and objects in one stream; every object at every level in one command. */
async function verifyAll(machine: Vm, folder: string): Promise<CorpusLog[]> {
  const archive = await run({ command: 'tar', args: ['-C', folder, '-cf', '-', '.'] });
  await machine.run(`mkdir -p ${FOLDER} && tar -C ${FOLDER} -xf -`, { input: archive.stdout });
  const said = await machine.run(
    `cd ${FOLDER}; for o in *.o; do for l in ${LEVELS.join(' ')}; do echo "@@ $o $l"; ./sockmap-agent verify --json --log-level $l $o 2>/dev/null; done; done; true`,
  );
  return said.split(/^@@ /m).flatMap(part => {
    const [head = '', ...rest] = part.split('\n');
    const [object = '', text = ''] = head.split(' ');
    const level = LEVELS.find(one => String(one) === text);
    return level === undefined ? [] : readVerified(rest.join('\n'), object, level);
  });
}

describe('the corpus of verifier logs', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sockmap-corpus-'));
    await corpusObjects(folder, true);
    await copyFile(agent, join(folder, 'sockmap-agent'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(vmKernels)('is understood in every line on kernel %s', async kernel => {
    const machine = await startVm({ kernel });
    try {
      const summary = summarize(await verifyAll(machine, folder));
      process.stdout.write(
        `${machine.release}: ${summary.programs} programs, ${summary.logs} logs, ${summary.refused} of refused ` +
          `programs, ${summary.sourceless} without C lines, ${summary.silent} without the verifier's words, ${summary.unrecognized.length} lines unknown\n`,
      );
      expect(summary.programs).toBeGreaterThanOrEqual(200);
      expect(summary.unrecognized).toEqual([]);
      expect(summary.withoutError).toEqual([]);
      expect(summary.withoutSource).toEqual([]);
      expect(summary.sourceless).toBe(0);
    } finally {
      await machine.stop();
    }
  });
});
