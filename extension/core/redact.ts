// SPDX-License-Identifier: Apache-2.0

/** A word that must not leave the machine, and what stands for it. */
export interface Secret {
  readonly word: string;
  readonly placeholder: string;
  /** Not inside of other words, for names that may be ordinary words. */
  readonly whole?: boolean;
}

/**
 * Text for a bug report: names of hosts and users and paths are replaced, everywhere, longest first so that
 * no rest of a longer one stays. Words of one character are left alone, they name nobody.
 */
export function redact(text: string, secrets: readonly Secret[]): string {
  const words = secrets
    .filter(({ word }) => word.length > 1)
    .flatMap(secret => [{ ...secret, word: JSON.stringify(secret.word).slice(1, -1) }, secret])
    .sort((a, b) => b.word.length - a.word.length);
  let result = text;
  for (const { word, placeholder, whole } of words) {
    const pattern = whole === true ? wholeWord(word) : word;
    result = result.replaceAll(pattern, () => placeholder);
  }
  return result
    .replace(SSH_HOST, '$1<host>')
    .replace(SSH_LOGIN, '<user>@<host>$1')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<address>')
    .replace(/[0-9a-f]*:[0-9a-f:]+/gi, word => (isIpv6(word) ? '<address>' : word))
    .replace(/\/(?:home|Users)\/[^/\s"']+/g, '/<home>');
}

/** What ssh says of a host may be its real name behind the alias that we know. */
const SSH_HOST = /((?:connect to host|resolve hostname|key is known for|[Hh]ost key for) )[^\s<:,]+/g;
const SSH_LOGIN = /[^\s"@]+@[^\s"@]+(: Permission denied)/g;

function wholeWord(word: string): RegExp {
  return new RegExp(`(?<![\\w.-])${word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\w-]|\\.\\w)`, 'g');
}

/** A time of day has two colons, an address at least a double one or seven. */
function isIpv6(word: string): boolean {
  return /[0-9a-f]/i.test(word) && (word.includes('::') || word.split(':').length === 8);
}
