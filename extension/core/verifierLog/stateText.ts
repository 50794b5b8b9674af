// SPDX-License-Identifier: Apache-2.0
import {
  CLOSE,
  COLON,
  EQUALS,
  OPEN,
  SPACE,
  ascii,
  isDigit,
  skipBlanks,
  skipDigits,
  startsWith,
  toNumber,
} from './bytes';

const FRAME = ascii('frame');
const REFS = ascii('refs=');
const CALLBACK = ascii('cb');
const ASYNC_CALLBACK = ascii('async_cb');
const BIG_R = 82;
const SMALL_F = 102;
const SMALL_P = 112;
const MINUS = 45;
const UNDERSCORE = 95;

/** Receives what print_verifier_state() in kernel/bpf/log.c wrote; values are given by where they lie. */
export interface StateSink {
  register(index: number, start: number, end: number): void;
  /** `offset` is negative, in bytes from the frame pointer. */
  slot(offset: number, start: number, end: number): void;
  refs(start: number, end: number): void;
  callback(): void;
  /** A word that is none of these. */
  other(start: number, end: number): void;
}

/** Frame number printed at `start` (`frame1: ...`), or -1. */
export function frameAt(bytes: Uint8Array, start: number, end: number): number {
  if (!startsWith(bytes, start, end, FRAME)) return -1;
  const digits = start + FRAME.length;
  const after = skipDigits(bytes, digits, end);
  return after > digits && bytes[after] === COLON ? Math.min(toNumber(bytes, digits, after), 255) : -1;
}

/** Offset behind `R1_w=`, `fp-8_w=`, or -1 if no such key is at `start`. */
function keyEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (bytes[at] === BIG_R) at++;
  else if (bytes[at] === SMALL_F && bytes[at + 1] === SMALL_P && bytes[at + 2] === MINUS) at += 3;
  else return -1;
  const digits = at;
  at = skipDigits(bytes, at, end);
  if (at === digits || at - digits > 6) return -1;
  if (bytes[at] === UNDERSCORE) {
    at++;
    while (at < end && ((bytes[at] ?? 0) | 32) >= 97 && ((bytes[at] ?? 0) | 32) <= 122) at++;
  }
  return at < end && bytes[at] === EQUALS ? at + 1 : -1;
}

/** Whether a state begins at `start`: a register, a slot, a frame or references. */
export function looksLikeState(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    keyEnd(bytes, start, end) >= 0 ||
    startsWith(bytes, start, end, REFS) ||
    (frameAt(bytes, start, end) >= 0 && frameState(bytes, start, end))
  );
}

function frameState(bytes: Uint8Array, start: number, end: number): boolean {
  const at = skipBlanks(bytes, skipDigits(bytes, start + FRAME.length, end) + 1, end);
  return at >= end || keyEnd(bytes, at, end) >= 0 || startsWith(bytes, at, end, REFS);
}

/** End of a value: the first space that is not between parentheses. */
function valueEnd(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === OPEN) depth++;
    else if (byte === CLOSE) depth = Math.max(0, depth - 1);
    else if (byte === SPACE && depth === 0) return at;
  }
  return end;
}

/** Reads a printed state word by word. Linear in its length. */
export function readState(bytes: Uint8Array, start: number, end: number, sink: StateSink): void {
  let at = skipBlanks(bytes, start, end);
  if (frameAt(bytes, at, end) >= 0) at = skipDigits(bytes, at + FRAME.length, end) + 1;
  for (at = skipBlanks(bytes, at, end); at < end; at = skipBlanks(bytes, at, end)) {
    const value = keyEnd(bytes, at, end);
    const word = at;
    at = valueEnd(bytes, value >= 0 ? value : at, end);
    if (value >= 0) {
      const isRegister = bytes[word] === BIG_R;
      const digits = isRegister ? word + 1 : word + 3;
      const number = toNumber(bytes, digits, skipDigits(bytes, digits, end));
      if (!isRegister) sink.slot(-number, value, at);
      else if (number <= 10) sink.register(number, value, at);
      else sink.other(word, at);
    } else if (startsWith(bytes, word, at, REFS)) sink.refs(word + REFS.length, at);
    else if (isWord(bytes, word, at, CALLBACK) || isWord(bytes, word, at, ASYNC_CALLBACK)) sink.callback();
    else sink.other(word, at);
  }
}

const isWord = (bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean =>
  end - start === word.length && startsWith(bytes, start, end, word);

/** Offset of `from 2 to 4: R0=...`'s first number, both numbers and the text behind the colon. */
export interface Branch {
  readonly from: number;
  readonly to: number;
  /** Offset of what follows the colon. */
  readonly rest: number;
}

const FROM = ascii('from ');
const TO = ascii(' to ');

export function readBranch(bytes: Uint8Array, start: number, end: number): Branch | undefined {
  if (!startsWith(bytes, start, end, FROM)) return undefined;
  const first = start + FROM.length;
  const firstEnd = skipDigits(bytes, first, end);
  if (firstEnd === first || !startsWith(bytes, firstEnd, end, TO)) return undefined;
  const second = firstEnd + TO.length;
  const secondEnd = skipDigits(bytes, second, end);
  if (secondEnd === second || !isDigit(bytes[second])) return undefined;
  let rest = secondEnd;
  while (rest < end && bytes[rest] !== COLON) rest++;
  if (rest >= end || rest - secondEnd > 32) return undefined;
  return {
    from: toNumber(bytes, first, firstEnd),
    to: toNumber(bytes, second, secondEnd),
    rest: skipBlanks(bytes, rest + 1, end),
  };
}
