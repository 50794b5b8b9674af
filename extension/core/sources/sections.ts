// SPDX-License-Identifier: Apache-2.0
import type { LineRange } from './locate';
import { closing, type Token, tokensOf } from './tokens';

/** A function that becomes a BPF program. */
export interface SectionFunction {
  readonly name: string;
  /** As libbpf sees it, e.g. `sk_msg`, without the `?` of programs that are not loaded by themselves. */
  readonly section: string;
  /** Where its name stands, both from 0. */
  readonly line: number;
  readonly column: number;
  /** From the line of its name to the one after its closing brace. */
  readonly range: LineRange;
}

/** `BPF_PROG(name, ...)` and its like of bpf_tracing.h stand for the function's name. */
const NAMING_MACRO = /^BPF_[A-Z0-9_]+$/;

/**
 * The functions with `SEC("...")`, or the attribute behind it, in C source. A scan of tokens, not a C parser: it knows
 * comments, strings, directives and nesting, and what it does not understand is left out.
 */
export function sectionFunctions(text: string): SectionFunction[] {
  const tokens = tokensOf(text);
  const found: SectionFunction[] = [];
  for (let at = 0; at < tokens.length;) {
    if (tokens[at]?.text === '{') {
      at = closing(tokens, at) + 1;
      continue;
    }
    const section = sectionAt(tokens, at);
    if (section === undefined) {
      at++;
      continue;
    }
    const one = functionAfter(tokens, section.end);
    if (one === undefined) {
      at = section.end;
      continue;
    }
    const { name, body, end } = one;
    found.push({
      name: name.text,
      section: section.name.replace(/^\?/, ''),
      line: name.line,
      column: name.column,
      range: { start: name.line, end: (tokens[end]?.line ?? body.line) + 1 },
    });
    at = end + 1;
  }
  return found;
}

/** `SEC("x")` or `section("x")` at a token. */
function sectionAt(tokens: readonly Token[], at: number): { name: string; end: number } | undefined {
  const word = tokens[at]?.text;
  if (word !== 'SEC' && word !== 'section' && word !== '__section__') return undefined;
  if (tokens[at + 1]?.text !== '(') return undefined;
  let end = at + 2;
  let name = '';
  for (; tokens[end]?.kind === 'string'; end++) name += tokens[end]?.text.slice(1, -1) ?? '';
  if (end === at + 2 || tokens[end]?.text !== ')') return undefined;
  return { name, end: end + 1 };
}

interface FoundFunction {
  readonly name: Token;
  /** Opening brace. */
  readonly body: Token;
  /** Index of the closing brace. */
  readonly end: number;
}

/** The function that is defined from a token on; undefined for a variable or a declaration. */
function functionAfter(tokens: readonly Token[], from: number): FoundFunction | undefined {
  let name: Token | undefined;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) return undefined;
    if (token.text === '(') {
      const before = tokens[at - 1];
      const end = closing(tokens, at);
      // The rest of an attribute that the section was in, or attributes of its own.
      if (
        before?.kind === 'word' &&
        !/^(?:__attribute__|__attribute|SEC|section|__section__)$/.test(before.text)
      )
        name ??= NAMING_MACRO.test(before.text) ? tokens[at + 1] : before;
      at = end;
    } else if (token.text === '{') {
      return name?.kind === 'word' ? { name, body: token, end: closing(tokens, at) } : undefined;
    } else if (token.text === ';' || token.text === '=' || token.text === '}') return undefined;
  }
  return undefined;
}
