// SPDX-License-Identifier: Apache-2.0

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const RECONNECT_BACKOFF: BackoffOptions = { firstMs: 1_000, maxMs: 30_000 };

/**
 * Milliseconds before attempt `attempt` (1-based): doubling from `firstMs` up to `maxMs`, of which the
 * upper half is spread by `random` (0 <= random < 1), so that many clients of one host do not come back
 * in the same instant.
 */
export function backoffDelay(
  attempt: number,
  random: number,
  { firstMs, maxMs }: BackoffOptions = RECONNECT_BACKOFF,
): number {
  // 2 ** 31 is beyond any maxMs and stays far from Infinity.
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(attempt, 1) - 1, 31));
  return Math.max(firstMs, Math.round(full / 2 + (full / 2) * random));
}
