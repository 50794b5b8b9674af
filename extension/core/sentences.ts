// SPDX-License-Identifier: Apache-2.0

/** A text up to the first full stop that ends a sentence, or all of it. */
export function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s+[A-Z]|$)/s.exec(text)?.[0] ?? text;
}
