// SPDX-License-Identifier: Apache-2.0
import { sectionFunctions } from '../sections';
import { closing, type Token, tokensOf } from '../tokens';

export interface Statement {
  /** `if` and `other` (a loop, a switch, an else-if) are heads: they end with their closing parenthesis. */
  readonly kind: 'simple' | 'if' | 'other';
  /** Indexes of its first and last token; the last of a simple one is its semicolon. */
  readonly first: number;
  readonly last: number;
  /** It is the body of an `if`, `else` or loop without braces: nothing can be put beside it. */
  readonly bare: boolean;
}

/** A function of a file, with its statements; macros and comments are no part of it. */
export interface CFunction {
  readonly tokens: readonly Token[];
  /** Indexes of its braces. */
  readonly open: number;
  readonly close: number;
  /** Indexes of the parentheses of its parameters. */
  readonly parameters: { readonly open: number; readonly close: number };
  /** What stands before its name, without attributes. */
  readonly returns: readonly string[];
  /** Its `SEC("…")`; undefined when it has none. */
  readonly section: string | undefined;
  readonly statements: readonly Statement[];
}

/** The function whose body has a line, from 0; undefined when none has, or its shape is not understood. */
export function functionAt(text: string, line: number): CFunction | undefined {
  const tokens = tokensOf(text);
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.text !== '{') continue;
    const close = closing(tokens, at);
    const [first, last] = [tokens[at], tokens[close]];
    if (first !== undefined && last?.text === '}' && first.line <= line && line <= last.line) {
      return readFunction(text, tokens, at, close);
    }
    at = close;
  }
  return undefined;
}

function readFunction(
  text: string,
  tokens: readonly Token[],
  open: number,
  close: number,
): CFunction | undefined {
  if (tokens[open - 1]?.text !== ')') return undefined;
  const parameters = { open: opening(tokens, open - 1), close: open - 1 };
  const name = tokens[parameters.open - 1];
  if (name?.kind !== 'word') return undefined;
  const returns: string[] = [];
  for (let at = parameters.open - 2; at >= 0; at--) {
    const { text: word = '' } = tokens[at] ?? {};
    if (word === ';' || word === '}' || word === ')') break;
    returns.unshift(word);
  }
  const range = [tokens[parameters.open]?.line ?? 0, tokens[close]?.line ?? 0] as const;
  const section = sectionFunctions(text).find(
    one => one.range.start <= range[0] && range[1] < one.range.end,
  )?.section;
  const statements = statementsOf(tokens, open, close);
  return statements && { tokens, open, close, parameters, returns, section, statements };
}

/** Index of the parenthesis that the one at an index closes. */
function opening(tokens: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const { text } = tokens[at] ?? { text: '' };
    if (text === ')') depth++;
    else if (text === '(' && --depth === 0) return at;
  }
  return 0;
}

function statementsOf(tokens: readonly Token[], open: number, close: number): Statement[] | undefined {
  const found: Statement[] = [];
  let bare = false;
  let afterElse = false;
  for (let at = open + 1; at < close;) {
    const { text } = tokens[at] ?? { text: '' };
    if (text === '{' || text === '}' || text === ';') {
      bare = afterElse = false;
      at++;
    } else if (text === 'else' || text === 'do') {
      bare = true;
      afterElse = text === 'else';
      at++;
    } else if (text === 'if' || text === 'for' || text === 'while' || text === 'switch') {
      if (tokens[at + 1]?.text !== '(') return undefined;
      const last = closing(tokens, at + 1);
      found.push({ kind: text === 'if' && !afterElse ? 'if' : 'other', first: at, last, bare });
      bare = true;
      afterElse = false;
      at = last + 1;
    } else if (text === 'case' || text === 'default' || tokens[at + 1]?.text === ':') {
      while (at < close && tokens[at]?.text !== ':') at++;
      at++;
    } else {
      const last = endOf(tokens, at, close);
      if (last === undefined) return undefined;
      found.push({ kind: 'simple', first: at, last, bare });
      bare = afterElse = false;
      at = last + 1;
    }
  }
  return found;
}

/** The semicolon that ends a simple statement; undefined for a macro that stands for one. */
function endOf(tokens: readonly Token[], first: number, close: number): number | undefined {
  for (let at = first; at < close; at++) {
    const { text, kind } = tokens[at] ?? { text: '', kind: 'mark' };
    if (kind === 'mark' && text === ';') return at;
    if (kind === 'mark' && text === '}') return undefined;
    if (kind === 'mark' && (text === '(' || text === '[' || text === '{')) at = closing(tokens, at);
  }
  return undefined;
}
