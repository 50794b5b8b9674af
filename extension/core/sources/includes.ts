// SPDX-License-Identifier: Apache-2.0

export interface Include {
  readonly name: string;
  /** `"name"`, which is looked for beside the file first. */
  readonly quoted: boolean;
}

/** The names in a file's `#include` lines, in their order. */
export function includesOf(text: string): Include[] {
  const found: Include[] = [];
  for (const match of text.matchAll(/^\uFEFF?[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm)) {
    const quoted = match[1] !== undefined;
    found.push({ name: match[1] ?? match[2] ?? '', quoted });
  }
  return found;
}
