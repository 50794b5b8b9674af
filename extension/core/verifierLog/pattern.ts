// SPDX-License-Identifier: Apache-2.0

/**
 * A message's format with placeholders: `{n}` a number, `{r}` a register or argument as the verifier names it,
 * `{w}` one word, `{s}` any text or none: the verifier prints empty names.
 */
export class Pattern {
  readonly #parts: readonly Part[];

  constructor(format: string) {
    this.#parts = parse(format);
  }

  /** Letters that the text must begin with; undefined when a placeholder comes first. */
  get firstLetters(): string | undefined {
    const literal = this.#parts[0]?.literal ?? '';
    return literal === '' ? undefined : literal.slice(0, KEY);
  }

  /** Whether the whole text has this form. Each part is looked for once, so the time is linear in the text. */
  matches(text: string): boolean {
    let at = 0;
    for (let i = 0; i < this.#parts.length; i++) {
      const part = this.#parts[i];
      if (!part) return false;
      const { literal, placeholder } = part;
      if (!text.startsWith(literal, at)) return false;
      at += literal.length;
      if (placeholder === undefined) continue;
      const next = this.#parts[i + 1];
      const found = ends(text, at, placeholder, next);
      if (found < 0) return false;
      at = found;
    }
    return at === text.length;
  }
}

/** Texts are sorted by this many of their first letters. */
export const KEY = 3;

type Placeholder = 'n' | 'r' | 'w' | 's';

interface Part {
  readonly literal: string;
  readonly placeholder: Placeholder | undefined;
}

const NUMBER = /[+-]?(?:0x)?[0-9a-f]+/y;
const REGISTER = /R\d{1,2}(?:\([^)]{0,80}\))?|arg ?#?\d{1,3}|\*\(R11-\d{1,3}\)|stack arg ?#?\d{1,3}/y;

function parse(format: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of format.matchAll(/\{([nrws])\}/g)) {
    // The expression admits nothing but placeholders.
    parts.push({ literal: format.slice(from, match.index), placeholder: match[1] as Placeholder });
    from = match.index + match[0].length;
  }
  parts.push({ literal: format.slice(from), placeholder: undefined });
  return parts;
}

/** Where what a placeholder stands for ends; -1 if it is not there. */
function ends(text: string, at: number, placeholder: Placeholder, next: Part | undefined): number {
  if (placeholder === 'n' || placeholder === 'r') {
    const form = placeholder === 'n' ? NUMBER : REGISTER;
    form.lastIndex = at;
    return form.test(text) ? form.lastIndex : -1;
  }
  const last = next === undefined || (next.literal === '' && next.placeholder === undefined);
  const from = placeholder === 's' ? at : at + 1;
  const end = last ? text.length : closing(text, from, next);
  if (end < from) return -1;
  return placeholder === 'w' && /\s/.test(text.slice(at, end)) ? -1 : end;
}

/** Where the next literal begins: the last place for the one that ends the text, else the first one. */
function closing(text: string, from: number, next: Part): number {
  if (next.placeholder !== undefined) return text.indexOf(next.literal, from);
  const end = text.length - next.literal.length;
  return end >= from && text.endsWith(next.literal) ? end : -1;
}
