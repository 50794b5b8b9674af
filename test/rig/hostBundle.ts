// SPDX-License-Identifier: Apache-2.0
import { build } from 'esbuild';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, outPath } from './checkout';

/** Compiles test/host/ to out/host/ (CommonJS, as the extension host loads it); returns the runner's path. */
export async function bundleHostTests(): Promise<string> {
  const outdir = outPath('host');
  await rm(outdir, { recursive: true, force: true });
  const source = join(checkout, 'test', 'host');
  const files = await readdir(source, { recursive: true });
  const entries = ['index.ts', ...files.filter(file => file.endsWith('.test.ts'))];
  await build({
    entryPoints: entries.map(file => join(source, file)),
    outdir,
    outbase: source,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return join(outdir, 'index.js');
}
