// SPDX-License-Identifier: Apache-2.0
import { type Token } from '../tokens';
import type { Check } from './index';
import type { CFunction, Statement } from './functions';
import { changes, decides } from './words';

/** A plain variable that indexes an array of a known size is compared with that size before the statement. */
export function indexCheck(
  { tokens, open, parameters }: CFunction,
  { first, last }: Statement,
): Check | undefined {
  const found: { at: number; array: string; index: string }[] = [];
  for (let at = first + 1; at <= last; at++) {
    if (tokens[at]?.text !== '[' || tokens[at - 1]?.kind !== 'word') continue;
    const index = tokens[at + 1];
    if (index?.kind === 'number' && tokens[at + 2]?.text === ']') continue;
    if (index?.kind !== 'word' || tokens[at + 2]?.text !== ']') return undefined;
    const array = arrayBefore(tokens, first, at);
    if (array === undefined) return undefined;
    found.push({ at, array, index: index.text });
  }
  const [only] = found;
  if (only === undefined || found.some(({ array, index }) => array !== only.array || index !== only.index))
    return undefined;
  const { array, index, at } = only;
  if (!isArray(tokens, array, open, first) || changes(tokens, first, last, index)) return undefined;
  if (decides(tokens, first, at) || !isLocalNumber(tokens, index, parameters.open, first)) return undefined;
  return { subject: index, condition: `${index} >= sizeof(${array}) / sizeof(${array}[0])`, where: 'before' };
}

/** `slots` or `value->slots`, read backwards from its bracket. */
function arrayBefore(tokens: readonly Token[], first: number, bracket: number): string | undefined {
  const name = tokens[bracket - 1];
  const before = tokens[bracket - 2];
  if (name === undefined) return undefined;
  if (before?.text === '.') return undefined;
  if (before?.text !== '>' || tokens[bracket - 3]?.text !== '-') return name.text;
  const base = tokens[bracket - 4];
  if (bracket - 4 < first || base?.kind !== 'word') return undefined;
  const more = tokens[bracket - 5]?.text;
  return more === '.' || more === '>' ? undefined : `${base.text}->${name.text}`;
}

/** The file declares it once, as an array: a pointer has no size to compare with. */
function isArray(tokens: readonly Token[], array: string, open: number, use: number): boolean {
  const name = array.replace(/^.*->/, '');
  const isMember = name !== array;
  let arrays = 0;
  for (let at = 1; at < tokens.length; at++) {
    if (tokens[at]?.text !== name || (!isMember && (at < open || at > use))) continue;
    const [before, next] = [tokens[at - 1], tokens[at + 1]];
    const declared = before?.kind === 'word' && !['return', 'sizeof', 'case', 'else'].includes(before.text);
    if (before?.text === '*' && (next?.text === ';' || next?.text === '=' || next?.text === ')'))
      return false;
    if (!declared) continue;
    const end = tokens[at + 4]?.text;
    const isDeclaration =
      next?.text === '[' && tokens[at + 3]?.text === ']' && (end === ';' || end === '=' || end === ',');
    if (!isDeclaration) return false;
    arrays++;
  }
  return arrays === 1;
}

const NUMBERS =
  /^(?:__[us](?:8|16|32|64)|u?int(?:8|16|32|64)_t|[us](?:8|16|32|64)|unsigned|int|long|short|char|size_t)$/;

/** Declared in this function as a number: the context's fields may be read anew for every use. */
function isLocalNumber(tokens: readonly Token[], name: string, from: number, use: number): boolean {
  let found = 0;
  for (let at = from + 1; at < use; at++) {
    if (tokens[at]?.text !== name || tokens[at - 1]?.kind !== 'word') continue;
    if (!NUMBERS.test(tokens[at - 1]?.text ?? '')) return false;
    found++;
  }
  return found === 1;
}
