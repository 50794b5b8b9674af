// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

const windows = process.platform === 'win32';

/**
 * What a BPF object needs: BTF from -g, and the instruction set v3, which every kernel since 5.1 runs.
 * The rest makes the output readable for the diagnostics parser.
 */
export const CLANG_ARGUMENTS: readonly string[] = [
  '-target',
  'bpf',
  '-mcpu=v3',
  '-g',
  '-O2',
  '-std=gnu11',
  '-Wall',
  '-fno-color-diagnostics',
  '-fno-caret-diagnostics',
  '-fno-diagnostics-show-note-include-stack',
];

/**
 * clang as configured (a path or a name; empty means `clang`), else the newest `clang-NN` in PATH.
 * undefined when there is none.
 */
export async function findClang(
  configured: string,
  path = process.env['PATH'] ?? '',
): Promise<string | undefined> {
  const folders = path.split(delimiter).filter(folder => folder !== '');
  if (configured.includes('/') || isAbsolute(configured)) {
    return (await executable(configured)) ? configured : undefined;
  }
  const name = configured === '' ? 'clang' : configured;
  for (const folder of folders) {
    const file = join(folder, windows && !name.endsWith('.exe') ? `${name}.exe` : name);
    if (await executable(file)) {
      return file;
    }
  }
  // A name that the person chose is not replaced by another.
  return name === 'clang' ? newestVersioned(folders) : undefined;
}

async function newestVersioned(folders: readonly string[]): Promise<string | undefined> {
  let best: { version: number; file: string } | undefined;
  for (const folder of folders) {
    for (const entry of await readdir(folder).catch(() => [])) {
      const version = Number(/^clang-(\d+)(?:\.exe)?$/.exec(entry)?.[1] ?? 0);
      const file = join(folder, entry);
      if (version > (best?.version ?? 0) && (await executable(file))) {
        best = { version, file };
      }
    }
  }
  return best?.file;
}

async function executable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** `asm/types.h` is in a folder per architecture on Debian; after all others, so that it shadows nothing. */
export async function multiarchIncludes(): Promise<string[]> {
  const triples: Readonly<Partial<Record<string, string>>> = {
    x64: 'x86_64-linux-gnu',
    arm64: 'aarch64-linux-gnu',
  };
  const triple = triples[process.arch];
  if (process.platform !== 'linux' || triple === undefined) {
    return [];
  }
  const folder = `/usr/include/${triple}`;
  return access(folder).then(
    () => ['-idirafter', folder],
    () => [],
  );
}

/** Apple's clang, for one, is built without the BPF target. */
export function lacksBpfTarget(stderr: string): boolean {
  return /unable to create target|unknown target triple ['"]bpf|No available targets are compatible/.test(
    stderr,
  );
}
