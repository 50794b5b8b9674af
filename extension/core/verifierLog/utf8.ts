// SPDX-License-Identifier: Apache-2.0

const REPLACEMENT = 0xfffd;
/** The least character by the number of bytes behind its first; a smaller one is written in fewer. */
const LEAST = [0, 0x80, 0x800, 0x10000];

/**
 * Text of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. Here because the core has neither node's nor the
 * browser's TextDecoder in its types, and log lines are short.
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  const units: number[] = [];
  for (let i = start; i < end;) {
    const first = bytes[i++] ?? 0;
    if (first < 0x80) {
      units.push(first);
    } else {
      const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
      let point = more === 0 || first > 0xf4 ? REPLACEMENT : first & (0x3f >> more);
      for (let k = 0; k < more && point !== REPLACEMENT; k++) {
        const next = i < end ? (bytes[i] ?? 0) : 0;
        if ((next & 0xc0) !== 0x80) point = REPLACEMENT;
        else {
          point = (point << 6) | (next & 0x3f);
          i++;
        }
      }
      const overlong = point < (LEAST[more] ?? 0);
      if (overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = REPLACEMENT;
      if (point > 0xffff)
        units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
      else units.push(point);
    }
    if (units.length >= 4096) {
      text += String.fromCharCode(...units);
      units.length = 0;
    }
  }
  return text + String.fromCharCode(...units);
}

/** UTF-8 bytes of `text[start, end)`; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string, start = 0, end = text.length): Uint8Array {
  const bytes = new Uint8Array((end - start) * 3);
  let at = 0;
  for (let i = start; i < end; i++) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (point >= 0xd800 && point < 0xe000) {
      const low = point < 0xdc00 && i + 1 < end ? text.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else point = REPLACEMENT;
    }
    if (point < 0x800) bytes[at++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[at++] = 0xe0 | (point >> 12);
      else {
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return bytes.subarray(0, at);
}
