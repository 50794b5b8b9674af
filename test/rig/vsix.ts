// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { binPath, checkout, outPath } from './checkout';
import { join } from 'node:path';
import { run } from './processes';

/** Version that the manifest states. */
async function manifestVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    if (typeof manifest.version === 'string') return manifest.version;
  }
  throw new Error('package.json states no version.');
}

/** Where the package of this version lies. */
export async function vsixPath(): Promise<string> {
  return outPath(`sockmap-${await manifestVersion()}.vsix`);
}

/** Packs what .vscodeignore admits; `build` makes agent and datapath first. */
export async function packExtension(build: boolean): Promise<string> {
  if (build) {
    for (const part of ['build:agent', 'build:bpf'])
      await run('npm', ['run', '--silent', part], { cwd: checkout });
  }
  await run('npm', ['run', '--silent', 'build:extension', '--', '--production'], { cwd: checkout });
  const vsix = await vsixPath();
  await mkdir(outPath(), { recursive: true });
  await rm(vsix, { force: true });
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--out', vsix];
  await run(binPath('vsce'), args, { cwd: checkout });
  return vsix;
}

/** The package of what is built: packed anew when a build came after it. */
export async function freshVsix(): Promise<string> {
  const path = await vsixPath();
  const built = [join(checkout, 'dist', 'extension.js'), join(checkout, 'package.json')];
  const [packed, ...sources] = await Promise.all([path, ...built].map(modified));
  return packed !== undefined && sources.every(time => time !== undefined && time <= packed)
    ? path
    : packExtension(false);
}

async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}
