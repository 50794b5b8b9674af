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
