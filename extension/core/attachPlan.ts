// SPDX-License-Identifier: Apache-2.0
/** Choices of the attach flow that need no screen. */

/** What is attached: our datapath, a source to build first, or an object as it is. Paths are absolute. */
export type ProgramChoice =
  | { readonly kind: 'builtin' }
  | { readonly kind: 'source'; readonly path: string }
  | { readonly kind: 'object'; readonly path: string };

export const BUILTIN_NAME = 'sockmap';
/** Longest name of an attachment that the agent takes; it becomes the name of a bpffs folder. */
export const NAME_LIMIT = 32;

export function programOfFile(path: string): ProgramChoice | undefined {
  if (path.endsWith('.bpf.c')) {
    return { kind: 'source', path };
  }
  return path.endsWith('.o') ? { kind: 'object', path } : undefined;
}

/** `/a/b/redirect.bpf.c` -> `redirect.bpf.o` */
export function objectName(sourcePath: string): string {
  return `${baseName(sourcePath).replace(/\.c$/, '')}.o`;
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** A free name for a new attachment, from the program's file name. */
export function defaultName(program: ProgramChoice, taken: readonly string[]): string {
  const stem =
    program.kind === 'builtin' ? BUILTIN_NAME : baseName(program.path).replace(/(\.bpf)?\.[co]$/, '');
  const clean = stem.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+|-+$/g, '');
  const name = (clean === '' ? BUILTIN_NAME : clean).slice(0, NAME_LIMIT - 5);
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if (!taken.includes(candidate)) {
      return candidate;
    }
  }
}

export type NameFault = 'empty' | 'characters' | 'long' | 'taken';

export function checkName(name: string, taken: readonly string[]): NameFault | undefined {
  if (name === '') {
    return 'empty';
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) {
    return 'characters';
  }
  if (name.length > NAME_LIMIT) {
    return 'long';
  }
  return taken.includes(name) ? 'taken' : undefined;
}

export interface CgroupItem {
  readonly path: string;
  readonly processes: number | undefined;
  readonly typed: boolean;
}

/**
 * The list for what was typed: those of `first` that are there lead in that order, and a typed absolute path that is not
 * listed can be taken as it is.
 */
export function cgroupItems(
  listed: readonly { readonly path: string; readonly processes: number }[],
  typed: string,
  first: readonly (string | undefined)[],
): readonly CgroupItem[] {
  const items: CgroupItem[] = listed.map(c => ({ ...c, typed: false }));
  for (const path of first.toReversed()) {
    const lead = items.findIndex(c => c.path === path);
    if (lead > 0) {
      items.unshift(...items.splice(lead, 1));
    }
  }
  const text = typed.trim();
  if (text.startsWith('/') && !items.some(c => c.path === text)) {
    items.unshift({ path: text, processes: undefined, typed: true });
  }
  return items;
}

/** Those of `first` that a list which was cut may lack, each once. */
export function beyondCut(
  listed: readonly { readonly path: string }[],
  first: readonly (string | undefined)[],
): readonly string[] {
  const paths = new Set(first.flatMap(path => (path === undefined || path === '' ? [] : [path])));
  return [...paths].filter(path => !listed.some(cgroup => cgroup.path === path));
}
