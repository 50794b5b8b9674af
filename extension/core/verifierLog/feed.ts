// SPDX-License-Identifier: Apache-2.0
import { TURN_MS, type Turns } from '../util/turns';
import type { VerifierLog } from './log';

/** Pieces of any size, cut anywhere. */
export type LogPieces = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

export interface FeedOptions extends Turns {
  /** Asked before each piece: the rest is left out. */
  readonly stopped: () => boolean;
  /** Bytes or characters that the log has taken in so far. */
  readonly onFed?: (length: number) => void;
  /** A turn is over, before the pause. */
  readonly onTurn?: () => Promise<void>;
}

/** Bytes or characters that are parsed at once. */
const PIECE = 1 << 18;

/**
 * Hands a log over in pieces, so that a long one holds up nothing else. The first turn is over after the first piece:
 * that much can be shown at once. Does not end the log.
 */
export async function feedLog(log: VerifierLog, pieces: LogPieces, options: FeedOptions): Promise<void> {
  const { now, pause, stopped, onFed, onTurn } = options;
  let fed = 0;
  let start = -TURN_MS;
  for await (const whole of pieces) {
    for (let at = 0; at < whole.length && !stopped();) {
      const end = cut(whole, at);
      log.push(typeof whole === 'string' ? whole.slice(at, end) : whole.subarray(at, end));
      fed += end - at;
      at = end;
      onFed?.(fed);
      if (now() - start < TURN_MS) continue;
      await onTurn?.();
      await pause();
      start = now();
    }
    if (stopped()) return;
  }
}

/** End of the next piece: behind a newline where there is one, so that large pieces are kept without a copy. */
function cut(data: Uint8Array | string, at: number): number {
  if (at + PIECE >= data.length) return data.length;
  const last = at + PIECE - 1;
  const newline = typeof data === 'string' ? data.lastIndexOf('\n', last) : data.lastIndexOf(10, last);
  return newline > at ? newline + 1 : at + PIECE;
}
