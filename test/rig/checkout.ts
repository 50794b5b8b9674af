// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's top folder. */
export const checkout = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What `npm start` and the suites open as the workspace: a copy, so that nobody edits the checkout. */
export const sampleSource = join(checkout, 'bpf');

/** A path below the outputs that are not shipped. */
export const outPath = (...parts: string[]): string => join(checkout, 'out', ...parts);

/** An executable of an installed npm package. */
export const binPath = (name: string): string => join(checkout, 'node_modules', '.bin', name);

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A folder below the system's temporary one; it also goes when the process ends without removing it. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `sockmap-test-${name}-`));
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  const removeNow = (): void => {
    rmSync(path, options);
  };
  process.on('exit', removeNow);
  return {
    path,
    async remove() {
      process.off('exit', removeNow);
      await rm(path, options);
    },
  };
}

/** Copies the sample workspace to `path`; build outputs stay behind. */
export async function copySample(path: string): Promise<void> {
  await cp(sampleSource, path, { recursive: true, filter: source => !source.endsWith('.o') });
}
