// SPDX-License-Identifier: Apache-2.0
/** The text of a policy as a person edits it. */

/** Stands in a new document: comments only are no policy. */
export const POLICY_HINTS = [
  '# chain --ip 10.0.0.0/8 --port 8000-8999 -j ACCEPT',
  '# chain --uid-owner 1337 -j RETURN',
] as const;

/** A stretch of one line, from 0, in UTF-16 code units as editors count. */
export interface TextSpan {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** The word at which the agent found a mistake: it counts lines and characters from 1. */
export function mistakeSpan(text: string, line: number, column: number): TextSpan {
  const row = text.split('\n')[line - 1]?.replace(/\r$/, '') ?? '';
  const start = Array.from(row)
    .slice(0, Math.max(0, column - 1))
    .join('').length;
  const [word = ''] = /^\S*/.exec(row.slice(start)) ?? [];
  return { line: Math.max(0, line - 1), start, end: start + word.length };
}

export interface PolicyMistake {
  /** From 1, columns in characters, as the agent counts. */
  readonly line: number;
  readonly column: number;
  readonly fault: 'start' | 'option' | 'value' | 'action';
  readonly word: string;
}

const OPTIONS: ReadonlySet<string> = new Set([
  '--ip',
  '-i',
  '--port',
  '--ports',
  '-p',
  '--uid-owner',
  '-u',
  '--gid-owner',
  '-g',
]);
const JUMPS: ReadonlySet<string> = new Set(['--jump', '--j', '-j']);
const ACTIONS: ReadonlySet<string> = new Set(['ACCEPT', 'accept', 'RETURN', 'return']);

/**
 * The first mistake in the form of a policy, found without an agent (agent/src/policy_chain.c): whether addresses, ports
 * and ids are right, and what JSON holds, the agent says.
 */
export function policyMistake(text: string): PolicyMistake | undefined {
  if (/^\s*[{[]/.test(text)) {
    return undefined;
  }
  for (const [index, row] of text.split('\n').entries()) {
    const found = lineMistake(row);
    if (found !== undefined) {
      const column = Array.from(row.slice(0, found.at)).length + 1;
      return { line: index + 1, column, fault: found.fault, word: found.word };
    }
  }
  return undefined;
}

function lineMistake(row: string): { at: number; fault: PolicyMistake['fault']; word: string } | undefined {
  const words = wordsOf(row);
  const [start, ...rest] = words;
  if (start === undefined) {
    return undefined;
  }
  if (start.word !== 'chain') {
    return { ...start, fault: 'start' };
  }
  for (let one = rest.shift(); one !== undefined; one = rest.shift()) {
    const equals = one.word.startsWith('--') ? one.word.indexOf('=') : -1;
    const name = equals < 0 ? one.word : one.word.slice(0, equals);
    if (!OPTIONS.has(name) && !JUMPS.has(name)) {
      return { at: one.at, fault: 'option', word: name };
    }
    const value = equals < 0 ? rest.shift() : { at: one.at + equals + 1, word: one.word.slice(equals + 1) };
    if (value === undefined) {
      return { at: one.at, fault: 'value', word: name };
    }
    if (JUMPS.has(name) && !ACTIONS.has(value.word)) {
      return { ...value, fault: 'action' };
    }
  }
  return undefined;
}

/** Up to a word that begins with `#`. */
function wordsOf(row: string): { at: number; word: string }[] {
  const words: { at: number; word: string }[] = [];
  for (const { 0: word, index } of row.matchAll(/[^ \t\r]+/g)) {
    if (word.startsWith('#')) {
      break;
    }
    words.push({ at: index, word });
  }
  return words;
}
