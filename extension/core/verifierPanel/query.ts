// SPDX-License-Identifier: Apache-2.0

/** What a person looks for in a log. */
export type Query =
  | { readonly kind: 'text'; readonly text: string }
  /** `#12`: the instruction of this index. */
  | { readonly kind: 'insn'; readonly insn: number }
  /** `file.c:12` or `:12`: a line of C. */
  | { readonly kind: 'source'; readonly file: string | undefined; readonly line: number }
  /** `r3`: instructions that read or write the register. */
  | { readonly kind: 'register'; readonly register: number };

/** Reads a query; quotes make a text of what would mean something else. Undefined for an empty one. */
export function parseQuery(input: string): Query | undefined {
  const text = input.trim();
  if (text === '') return undefined;
  const quoted = /^"([^"]+)"?$/.exec(text)?.[1];
  if (quoted !== undefined) return { kind: 'text', text: quoted };
  const insn = /^#(\d{1,7})$/.exec(text)?.[1];
  if (insn !== undefined) return { kind: 'insn', insn: Number(insn) };
  const register = /^[rRwW](10|\d)$/.exec(text)?.[1];
  if (register !== undefined) return { kind: 'register', register: Number(register) };
  const source = /^([\w.+-]*):(\d{1,8})$/.exec(text);
  // `0:3` and `R0:1` are text; a file has a suffix.
  if (source && (source[1] === '' || source[1]?.includes('.')))
    return { kind: 'source', file: source[1] === '' ? undefined : source[1], line: Number(source[2]) };
  return { kind: 'text', text: input };
}
