// SPDX-License-Identifier: Apache-2.0
import type { Token } from './tokens';

export type MarkedToken = Token & { readonly match: boolean };

/** The tokens cut where a text begins and ends in them, with those marked that are part of it; cases are alike. */
export function markMatches(tokens: readonly Token[], needle: string): readonly MarkedToken[] {
  if (needle === '') return tokens.map(token => ({ ...token, match: false }));
  const text = lower(tokens.map(token => token.text).join(''));
  const wanted = lower(needle);
  const edges = [0];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length))
    edges.push(at, at + wanted.length);
  edges.push(text.length);
  const marked: MarkedToken[] = [];
  let begin = 0;
  // Edges come in pairs: outside, inside, outside...
  let edge = 1;
  for (const token of tokens) {
    const end = begin + token.text.length;
    let at = begin;
    while (at < end) {
      while (edge < edges.length - 1 && (edges[edge] ?? 0) <= at) edge++;
      const stop = Math.min(end, edges[edge] ?? end);
      marked.push({
        ...token,
        text: token.text.slice(at - begin, Math.max(stop, at + 1) - begin),
        match: edge % 2 === 0,
      });
      at = Math.max(stop, at + 1);
    }
    begin = end;
  }
  return marked;
}

/** As the host compares: ASCII letters only, so that no length changes. */
const lower = (text: string): string => text.replace(/[A-Z]/g, letter => letter.toLowerCase());
