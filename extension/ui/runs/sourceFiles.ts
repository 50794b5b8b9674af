// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { baseName } from '../../core/attachPlan';
import { includesOf } from '../../core/sources/includes';
import type { SourceFile } from '../../core/verifierRuns';

/** A program's headers are few; more than this is a folder that was found by mistake. */
const MAX_FILES = 400;

/**
 * A source and its headers, with their digests: the headers are looked for the way that the compiler does, from the
 * source on. None when there is no such source. Read them before the compiler does: a change that comes in between
 * then makes a verdict look old, never one that is of another text look current.
 */
export async function readSources(source: string, includeDirs: readonly string[]): Promise<SourceFile[]> {
  const text = await readFile(source, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const found: SourceFile[] = [{ path: source, sha256: digest(text) }];
  const seen = new Set([source]);
  const queue = [{ path: source, text }];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const { name, quoted } of includesOf(file.text)) {
      if (seen.size > MAX_FILES) return found;
      const header = await firstThere(
        [...(quoted ? [dirname(file.path)] : []), ...includeDirs].map(folder => join(folder, name)),
        seen,
      );
      if (header === undefined) continue;
      queue.push(header);
      found.push({ path: header.path, sha256: digest(header.text) });
    }
  }
  return found;
}

/** The same of an object that somebody else compiled, from the source beside it; none of what is newer than it. */
export async function readSourcesOf(
  object: string,
  includeDirs: (source: string) => readonly string[],
): Promise<SourceFile[]> {
  const source = object.replace(/\.o$/, '.c');
  const made = await modified(object);
  const found = await readSources(source, includeDirs(source));
  const times = await Promise.all(found.map(({ path }) => modified(path)));
  const older = found.filter((_, i) => (times[i] ?? Infinity) <= (made ?? -Infinity));
  return older[0]?.path === source ? older : [];
}

/** The source, and those of its headers that a log names: by base names only. */
export function namedSources(
  sources: readonly SourceFile[],
  names: readonly (string | undefined)[],
): SourceFile[] {
  const wanted = new Set(names.flatMap(name => (name === undefined ? [] : [baseName(name)])));
  return sources.filter(({ path }, i) => wanted.delete(baseName(path)) || i === 0);
}

/** The file of a run that a name in its log means; without a name it is the source. */
export function fileOfName(sources: readonly SourceFile[], name: string | undefined): SourceFile | undefined {
  if (name === undefined) return sources[0];
  return sources.find(({ path }) => baseName(path) === baseName(name));
}

/** Of a text as VS Code's documents have it: without a mark at its start, and whatever its line ends are. */
export function digest(text: string): string {
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  return createHash('sha256').update(plain).digest('hex');
}

async function modified(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

async function firstThere(
  paths: readonly string[],
  seen: Set<string>,
): Promise<{ path: string; text: string } | undefined> {
  for (const path of paths) {
    if (seen.has(path)) return undefined;
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) {
      seen.add(path);
      return { path, text };
    }
  }
  return undefined;
}
