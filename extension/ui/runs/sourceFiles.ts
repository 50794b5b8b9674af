// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ProgramChoice, baseName } from '../../core/attachPlan';
import { includesOf } from '../../core/sources/includes';
import type { SourceFile } from '../../core/verifierRuns';

/** A program's headers are few; more than this is a folder that was found by mistake. */
const MAX_FILES = 400;

/** The source of what is verified: itself, or the one beside an object; undefined for our own datapath. */
export function sourceOf(program: ProgramChoice): string | undefined {
  switch (program.kind) {
    case 'builtin':
      return undefined;
    case 'source':
      return program.path;
    case 'object':
      return program.path.replace(/\.o$/, '.c');
  }
}

/**
 * The source and those of its headers that a log names, with their digests. Logs have base names only, so the headers
 * are looked for the way that the compiler does, from the source on. None when there is no such source.
 */
export async function findSources(
  source: string,
  names: readonly (string | undefined)[],
  includeDirs: readonly string[],
): Promise<SourceFile[]> {
  const text = await readFile(source, 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const wanted = new Set(names.flatMap(name => (name === undefined ? [] : [baseName(name)])));
  wanted.delete(baseName(source));
  const found: SourceFile[] = [{ path: source, sha256: digest(text) }];
  const seen = new Set([source]);
  const queue = [{ path: source, text }];
  for (let file = queue.shift(); file !== undefined && wanted.size > 0; file = queue.shift()) {
    for (const { name, quoted } of includesOf(file.text)) {
      const header = await firstThere(
        [...(quoted ? [dirname(file.path)] : []), ...includeDirs].map(folder => join(folder, name)),
        seen,
      );
      if (header === undefined || seen.size > MAX_FILES) continue;
      queue.push(header);
      if (wanted.delete(baseName(header.path)))
        found.push({ path: header.path, sha256: digest(header.text) });
    }
  }
  return found;
}

/** The file of a run that a name in its log means; without a name it is the source. */
export function fileOfName(sources: readonly SourceFile[], name: string | undefined): SourceFile | undefined {
  if (name === undefined) return sources[0];
  return sources.find(({ path }) => baseName(path) === baseName(name));
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
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
