// SPDX-License-Identifier: Apache-2.0

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'mark';
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
}

/** Directives, with their continued lines, are one token: what a macro holds is no function of this file. */
const TOKEN =
  /(?<=^[ \t]*)#(?:\\\r?\n|[^\n])*|\/\/(?:\\\r?\n|[^\n])*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|[A-Za-z_]\w*|\d[\w.]*|\n|[^\s\w]/gm;

/** Index of the bracket that closes the one at an index, or of the last token. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'mark', text: '' };
    if (kind !== 'mark') continue;
    if (text === '{' || text === '(' || text === '[') depth++;
    else if ((text === '}' || text === ')' || text === ']') && --depth <= 0) return at;
  }
  return tokens.length - 1;
}

/** The tokens of C source, both line and column from 0, without comments, directives and characters. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 0;
  let lineStart = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const at = match.index;
    if (token === '\n') {
      line++;
      lineStart = at + 1;
      continue;
    }
    if (!/^(?:\/[/*]|'|#.)/.test(token)) {
      const kind = token.startsWith('"')
        ? 'string'
        : /^\d/.test(token)
          ? 'number'
          : /^\w/.test(token)
            ? 'word'
            : 'mark';
      tokens.push({ kind, text: token, line, column: at - lineStart, offset: at });
    }
    const inner = token.lastIndexOf('\n');
    if (inner >= 0) {
      line += token.split('\n').length - 1;
      lineStart = at + inner + 1;
    }
  }
  return tokens;
}
