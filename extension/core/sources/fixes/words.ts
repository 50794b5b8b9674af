// SPDX-License-Identifier: Apache-2.0
/** Small questions about tokens; a mark is one character, so `++` are two that touch. */
import type { Token } from '../tokens';
import type { CFunction } from './functions';

const touch = (a: Token | undefined, b: Token | undefined): boolean =>
  a !== undefined && b !== undefined && a.offset + 1 === b.offset;

/** Whether a variable gets another value between two tokens. */
export function changes(tokens: readonly Token[], first: number, last: number, name: string): boolean {
  for (let at = first; at <= last; at++) {
    if (tokens[at]?.text !== name) continue;
    const [p2, p1, n1, n2] = [at - 2, at - 1, at + 1, at + 2].map(i => tokens[i]);
    const twice = (a: Token | undefined, b: Token | undefined) =>
      (a?.text === '+' || a?.text === '-') && a.text === b?.text && touch(a, b);
    if (twice(p2, p1) || twice(n1, n2) || p1?.text === '&') return true;
    const isAssigned = n1?.text === '=' && !(n2?.text === '=' && touch(n1, n2));
    const isUpdated = /^[-+*/%&|^]$/.test(n1?.text ?? '') && n2?.text === '=' && touch(n1, n2);
    if (isAssigned || isUpdated) return true;
  }
  return false;
}

/** Whether what stands before a token decides if it is reached: `&&`, `||` or `?`. */
export function decides(tokens: readonly Token[], first: number, at: number): boolean {
  for (let i = first; i < at; i++) {
    const [one, two] = [tokens[i], tokens[i + 1]];
    if (one?.text === '?') return true;
    if ((one?.text === '&' || one?.text === '|') && one.text === two?.text && touch(one, two)) return true;
  }
  return false;
}

/** Names that a function declares as pointers to something before a token; parameters are not among them. */
export function pointers({ tokens, open }: CFunction, before: number): ReadonlySet<string> {
  const found = new Set<string>();
  for (let at = open + 2; at < before; at++) {
    const token = tokens[at];
    if (token?.kind !== 'word' || tokens[at - 1]?.text !== '*') continue;
    const type = tokens[at - 2];
    const next = tokens[at + 1]?.text;
    const isDeclared = type?.kind === 'word' || type?.text === ',';
    if (isDeclared && type.text !== 'void' && (next === '=' || next === ';' || next === ','))
      found.add(token.text);
  }
  return found;
}
