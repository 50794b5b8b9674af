// SPDX-License-Identifier: Apache-2.0

export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;
export const SEMICOLON = 59;
export const OPEN = 40;
export const CLOSE = 41;
export const EQUALS = 61;

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57;

export const isHex = (byte: number | undefined): boolean =>
  isDigit(byte) || (byte !== undefined && byte >= 97 && byte <= 102);

export const hexValue = (byte: number): number => (byte <= 57 ? byte - 48 : byte - 87);

export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

/** First offset from `start` that holds no digit. */
export function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isDigit(bytes[at])) at++;
  return at;
}

/** Value of the digits in [start, end); saturates far above any instruction's index. */
export function toNumber(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end && value < 1e12; at++) value = value * 10 + ((bytes[at] ?? 48) - 48);
  return value;
}

/** Text as bytes, for comparisons; ASCII only. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, char => char.charCodeAt(0));

/**
 * Whether `length` bytes are the same in two places. All comparisons of the parser meet in this small function, which
 * an engine compiles after the first few lines.
 */
export function sameBytes(a: Uint8Array, from: number, b: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[from + i] !== b[at + i]) return false;
  return true;
}

export const startsWith = (bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean =>
  end - start >= prefix.length && sameBytes(bytes, start, prefix, 0, prefix.length);

/** FNV-1a of the bytes in [start, end). */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash;
}
