// SPDX-License-Identifier: Apache-2.0

/** A word that must not leave the machine, and what stands for it. */
export interface Secret {
  readonly word: string;
  readonly placeholder: string;
}

/**
 * Text for a bug report: names of hosts and users and paths are replaced, everywhere, longest first so that
 * no rest of a longer one stays. Words of one character are left alone, they name nobody.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  const words = [...secrets].filter(s => s.word.length > 1).sort((a, b) => b.word.length - a.word.length);
  let result = text;
  for (const { word, placeholder } of words) {
    result = result.replaceAll(word, placeholder);
  }
  return result
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<address>')
    .replace(/[0-9a-f]*:[0-9a-f:]+/gi, word => (isIpv6(word) ? '<address>' : word))
    .replace(/\/(?:home|Users)\/[^/\s"']+/g, '/<home>');
}

/** A time of day has two colons, an address at least a double one or seven. */
function isIpv6(word: string): boolean {
  return /[0-9a-f]/i.test(word) && (word.includes('::') || word.split(':').length === 8);
}
