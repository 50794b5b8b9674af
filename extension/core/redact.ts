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
  return redactSsh(
    result
      .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '<address>')
      .replace(/(?<![0-9a-f])[0-9a-f]*:[0-9a-f:]+/gi, word => (isIpv6(word) ? '<address>' : word)),
  ).replace(/\/(?:home|Users)\/[^/\s"']+/g, '/<home>');
}

/** A name may have a placeholder in it: `db` is known, and ssh says `db.example.org`. */
const NAME = String.raw`((?:[^\s<@:,'"\\()\]]|<[\w-]+>)+)`;
/** Quotes are escaped where a message is in JSON. */
const OPENING = String.raw`[\\'"[]*`;

/**
 * What stands before the name of a host in the messages of OpenSSH (those of its usual log level, and those of debug1
 * that tell where it connects), nc, sudo and our own; and after it, where the words before may be about something else.
 */
const HOST_PLACES: readonly (readonly [before: string, after?: string])[] = [
  ['[Cc]onnect to host '],
  ['[Cc]onnect(?:ion)? to ', ' port \\d| closed| timed out| \\d+ port '],
  ['[Cc]onnecting to ', ' \\['],
  ['[Cc]onnection (?:closed|reset) by (?!peer|remote host)'],
  ['(?:Disconnected|Received disconnect) from '],
  ['Read from remote host '],
  ['Timeout, server '],
  ['Unable to negotiate with '],
  ['resolve host(?:name)? '],
  ['The name ', ' could not be resolved'],
  ['resolving (?=\\\\?")'],
  ['getaddrinfo for (?:host )?'],
  ['[Jj]umphost loop via '],
  ['key is known for '],
  ['[Hh]ost key for (?!IP address)'],
  ['key found for host '],
  ['authenticity of host '],
  ["Permanently added (?=\\\\?')"],
  ["Host (?=\\\\?')"],
  ['ssh-keygen .*-R '],
  ['Authenticat(?:ing|ed) to '],
  // It starts where a word does, which in JSON may be after the end of a line.
  ['(?:(?:\\\\[nrt])+|(?<![\\w.-]))', ': Permission denied \\('],
];
const HOST_PATTERNS = HOST_PLACES.map(
  ([before, after = '']) => new RegExp(`(${before}${OPENING})${NAME}(?=${after})`, 'g'),
);
const LOGIN = /(?<![^\s"@])[^\s"@]+@[^\s"@]+(: Permission denied)/g;
const USER = /(authentication failures for |Authenticating to \S+ as \\?')[^\s'"\\]+/g;

/** What ssh says of a host may be its real name behind the alias that we know. */
function redactSsh(text: string): string {
  let result = text.replace(LOGIN, '<user>@<host>$1').replace(USER, '$1<user>');
  for (const pattern of HOST_PATTERNS) {
    result = result.replace(pattern, (_, before: string, name: string) =>
      /^<[\w-]+>$/.test(name) ? before + name : `${before}<host>`,
    );
  }
  return result;
}

function wholeWord(word: string): RegExp {
  return new RegExp(`(?<![\\w.-])${word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(?![\\w-]|\\.\\w)`, 'g');
}

/** A time of day has two colons, an address at least a double one or seven. */
function isIpv6(word: string): boolean {
  return /[0-9a-f]/i.test(word) && (word.includes('::') || word.split(':').length === 8);
}
