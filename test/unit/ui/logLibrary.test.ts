// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunStore } from '../../../extension/ui/runs/runStore';
import { StateStore } from '../../../extension/ui/state';
import { LogLibrary } from '../../../extension/ui/verifierPanel/library';
import { madeRun } from '../verifierRuns/runs';

const ignore = (): void => undefined;
const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

let top: string;
let values: Map<string, unknown>;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'sockmap-library-'));
  values = new Map();
});
afterEach(() => rm(top, { recursive: true, force: true }));

/** A library as a window that was just opened has it. */
function open(): { library: LogLibrary; runs: RunStore } {
  const runs = new RunStore({ folder: join(top, 'runs'), logger, keep: () => 10 });
  const state = new StateStore({
    keys: () => [...values.keys()],
    get: (key: string) => values.get(key) as undefined,
    update: (key: string, value: unknown) => {
      values.set(key, value);
      return Promise.resolve();
    },
  });
  return { library: new LogLibrary(runs, state), runs };
}

async function textOf(library: LogLibrary, id: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of (await library.read(id)).pieces)
    pieces.push(typeof piece === 'string' ? Buffer.from(piece) : piece);
  return Buffer.concat(pieces).toString();
}

test('files and runs are there after a reload, texts are not', async () => {
  const path = join(top, 'a.log');
  await writeFile(path, '0: (95) exit\n'.repeat(200_000));
  const { library, runs } = open();
  const run = madeRun({ program: 'kept' });
  runs.add([{ run, log: 'the log\n' }]);
  const text = library.add({ kind: 'text', title: 'Clipboard', text: 'pasted\n' });
  const file = library.add({ kind: 'file', path });
  expect(library.logs.map(({ id }) => id)).toEqual([file, text, run.id]);
  expect(await textOf(library, text)).toBe('pasted\n');
  await runs.settled;

  const { library: after } = open();
  await after.settled;
  expect(after.logs.map(({ title }) => title)).toEqual(['a.log', 'kept']);
  expect((await textOf(after, file)).length).toBe(13 * 200_000);
  expect(await textOf(after, run.id)).toBe('the log\n');
  await expect(after.read(text)).rejects.toThrow('This verifier log is gone.');
  await rm(path);
  await expect(after.read(file)).rejects.toThrow(`The file ${path} cannot be read.`);
});
