// SPDX-License-Identifier: Apache-2.0
import type { ByteStore } from './byteStore';
import { encodeUtf8 } from './utf8';

const LONGEST_NEEDLE = 1024;

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

/**
 * Line of the next place, from a line's start on, where the bytes of `text` are; -1 for none. Horspool's search over
 * the retained bytes; `ignoreCase` folds ASCII letters.
 */
export function findText(store: ByteStore, text: string, fromLine: number, ignoreCase: boolean): number {
  if (text === '' || text.length > LONGEST_NEEDLE || fromLine >= store.starts.length) return -1;
  const fold = new Uint8Array(256).map((_, byte) => (ignoreCase ? lower(byte) : byte));
  const needle = encodeUtf8(text).map(byte => fold[byte] ?? byte);
  const skip = new Uint32Array(256).fill(needle.length);
  for (let i = 0; i < needle.length - 1; i++) skip[needle[i] ?? 0] = needle.length - 1 - i;
  for (const { bytes, start, end, base } of store.pieces(store.starts.at(Math.max(0, fromLine)))) {
    const at = search(bytes, start, end, { needle, skip, fold });
    if (at >= 0) return store.lineOf(base + at);
  }
  return -1;
}

interface Pattern {
  readonly needle: Uint8Array;
  readonly skip: Uint32Array;
  readonly fold: Uint8Array;
}

function search(bytes: Uint8Array, start: number, end: number, { needle, skip, fold }: Pattern): number {
  const last = needle.length - 1;
  const tail = needle[last];
  for (let at = start + last; at < end;) {
    const byte = fold[bytes[at] ?? 0] ?? 0;
    if (byte === tail) {
      let back = last - 1;
      while (back >= 0 && fold[bytes[at - last + back] ?? 0] === needle[back]) back--;
      if (back < 0) return at - last;
    }
    at += skip[byte] ?? 1;
  }
  return -1;
}
