// SPDX-License-Identifier: Apache-2.0
import type { Token } from '../tokens';
import type { CFunction, Statement } from './functions';

export interface Initialisation {
  readonly subject: string;
  /** Index of the semicolon that ends the declaration. */
  readonly at: number;
  readonly value: string;
}

/**
 * The one local variable whose address a statement gives away, when it is declared without a value. An array or one of
 * several in a declaration is left alone.
 */
export function initialise(
  { tokens, open, statements }: CFunction,
  { first, last }: Statement,
): Initialisation | undefined {
  const declarations = new Map<string, Initialisation>();
  for (const statement of statements) {
    if (statement.first >= first) break;
    const one = declarationOf(tokens, statement);
    if (one === undefined) continue;
    // Of two with one name, in different blocks, there is no telling which is meant.
    if (declarations.has(one.subject)) return undefined;
    declarations.set(one.subject, one);
  }
  const given = new Set<string>();
  for (let at = Math.max(first, open) + 1; at <= last; at++) {
    const [before, mark, name] = [tokens[at - 2], tokens[at - 1], tokens[at]];
    if (mark?.text !== '&' || name?.kind !== 'word') continue;
    if (before?.text === '(' || before?.text === ',') given.add(name.text);
  }
  const found = [...given].flatMap(name => declarations.get(name) ?? []);
  return found.length === 1 ? found[0] : undefined;
}

/** `__u32 key;` and `struct key key;`, and nothing else. */
function declarationOf(
  tokens: readonly Token[],
  { kind, first, last, bare }: Statement,
): Initialisation | undefined {
  if (kind !== 'simple' || bare || last - first < 2) return undefined;
  const words = tokens.slice(first, last);
  const name = words.at(-1);
  if (name === undefined || !words.every(({ kind: token }) => token === 'word')) return undefined;
  if (/^(?:return|goto|typedef|extern|static|const)$/.test(words[0]?.text ?? '')) return undefined;
  const isStruct = words[0]?.text === 'struct' || words[0]?.text === 'union';
  const isNumber = words.slice(0, -1).every(({ text }) => NUMBER.test(text));
  if (isStruct ? words.length !== 3 : !isNumber) return undefined;
  return { subject: name.text, at: last, value: isStruct ? ' = {}' : ' = 0' };
}

const NUMBER =
  /^(?:__[us](?:8|16|32|64)|__[bl]e(?:16|32|64)|u?int(?:8|16|32|64)_t|[us](?:8|16|32|64)|unsigned|signed|int|long|short|char|size_t)$/;
