// SPDX-License-Identifier: Apache-2.0
import { LineKind } from './kinds';
import { CALLS } from './messages/calls';
import { MEMORY } from './messages/memory';
import { NOTES } from './messages/notes';
import { PROGRAM } from './messages/program';
import { RESOURCES } from './messages/resources';
import { TOOLS } from './messages/tools';
import { KEY, Pattern } from './pattern';

interface Entry {
  readonly pattern: Pattern;
  readonly kind: LineKind;
}

/** Formats that begin with a placeholder stand under the empty text. */
function index(): ReadonlyMap<string, readonly Entry[]> {
  const table = new Map<string, Entry[]>();
  const add = (list: string, kind: LineKind): void => {
    for (const format of list.split('\n')) {
      if (format === '') continue;
      const pattern = new Pattern(format.trim());
      // A literal shorter than the key cannot tell where to look.
      const letters = pattern.firstLetters ?? '';
      const key = letters.length < KEY ? '' : letters;
      const entries = table.get(key);
      if (entries) entries.push({ pattern, kind });
      else table.set(key, [{ pattern, kind }]);
    }
  };
  add(NOTES, LineKind.Note);
  for (const list of [MEMORY, CALLS, RESOURCES, PROGRAM]) add(list, LineKind.Error);
  add(TOOLS, LineKind.Wrapper);
  return table;
}

const FORMATS = index();
const NONE: readonly Entry[] = [];

/**
 * Kind of a line of prose: an error, a note, a tool's text; {@link LineKind.Unknown} if it has none of the forms
 * that verbose() and bpf_log() in kernel/bpf write from 5.10 to 7.3, or that a known tool prints around a log.
 */
export function classifyMessage(text: string): LineKind {
  for (const { pattern, kind } of FORMATS.get(text.slice(0, KEY)) ?? NONE)
    if (pattern.matches(text)) return kind;
  for (const { pattern, kind } of FORMATS.get('') ?? NONE) if (pattern.matches(text)) return kind;
  return LineKind.Unknown;
}
