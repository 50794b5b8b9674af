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
  const pattern = compile(text, ignoreCase);
  for (const { bytes, start, end, base } of store.pieces(store.starts.at(Math.max(0, fromLine)))) {
    const at = search(bytes, start, end, pattern);
    if (at >= 0) return store.lineOf(base + at);
  }
  return -1;
}

/** All lines from `fromLine` up to `toLine` (not with it) that hold a text, ascending. */
export function findLines(
  store: ByteStore,
  text: string,
  range: { readonly from: number; readonly to: number },
  ignoreCase: boolean,
): number[] {
  const lines: number[] = [];
  if (text === '' || text.length > LONGEST_NEEDLE || range.from >= store.starts.length) return lines;
  const pattern = compile(text, ignoreCase);
  const stop = range.to < store.starts.length ? store.starts.at(range.to) : Number.MAX_SAFE_INTEGER;
  for (const { bytes, start, end, base } of store.pieces(store.starts.at(Math.max(0, range.from)))) {
    if (base + start >= stop) break;
    const last = Math.min(end, stop - base);
    for (let at = search(bytes, start, last, pattern); at >= 0;) {
      const line = store.lineOf(base + at);
      lines.push(line);
      const next = line + 1 < store.starts.length ? store.starts.at(line + 1) - base : last;
      // The next line may begin in the next block.
      at = next < last && next > at ? search(bytes, next, last, pattern) : -1;
    }
  }
  return lines;
}

interface Pattern {
  readonly needle: Uint8Array;
  readonly skip: Uint32Array;
  readonly fold: Uint8Array;
}

function compile(text: string, ignoreCase: boolean): Pattern {
  const fold = new Uint8Array(256).map((_, byte) => (ignoreCase ? lower(byte) : byte));
  const needle = encodeUtf8(text).map(byte => fold[byte] ?? byte);
  const skip = new Uint32Array(256).fill(needle.length);
  for (let i = 0; i < needle.length - 1; i++) skip[needle[i] ?? 0] = needle.length - 1 - i;
  return { needle, skip, fold };
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
