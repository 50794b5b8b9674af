// SPDX-License-Identifier: Apache-2.0
import { STACK_REASONS, type StackReason, type StatsResult } from '../protocol/agent';

export interface Rate {
  readonly redirectedMessages: number;
  readonly stackMessages: number;
  readonly redirectedBytes: number;
  readonly stackBytes: number;
  /** Share of messages that were redirected, 0..1; undefined when there were none. */
  readonly hitRate: number | undefined;
}

/** The same for bytes: large messages count for more. */
export function byteHitRate(rate: Rate): number | undefined {
  return share(rate.redirectedBytes, rate.stackBytes);
}

export interface HitRate {
  readonly name: string;
  /** Since the attachment was made. */
  readonly total: Rate;
  /** Since the reading before; undefined at the first one or when nothing was sent. */
  readonly interval: (Rate & { readonly durationMs: number }) | undefined;
  /** Why messages took the stack, most frequent first, zeros left out. */
  readonly reasons: readonly {
    readonly reason: StackReason;
    readonly messages: number;
    readonly bytes: number;
  }[];
}

export function share(hits: number, misses: number): number | undefined {
  return hits + misses === 0 ? undefined : hits / (hits + misses);
}

export function rateOf(
  redirected: { readonly messages: number; readonly bytes: number },
  stack: { readonly messages: number; readonly bytes: number },
): Rate {
  return {
    redirectedMessages: redirected.messages,
    stackMessages: stack.messages,
    redirectedBytes: redirected.bytes,
    stackBytes: stack.bytes,
    hitRate: share(redirected.messages, stack.messages),
  };
}

/**
 * Hit rate from one reading and, where there is one, the reading before it. Counters that went backwards
 * belong to another attachment of the same name: no interval then.
 */
export function hitRate(latest: StatsResult, previous: StatsResult | undefined): HitRate {
  return {
    name: latest.name,
    total: rateOf(latest.redirected, latest.stack),
    interval: interval(latest, previous),
    reasons: STACK_REASONS.map(reason => ({ reason, ...latest.reasons[reason] }))
      .filter(r => r.messages > 0)
      .sort((a, b) => b.messages - a.messages),
  };
}

function interval(latest: StatsResult, previous: StatsResult | undefined): HitRate['interval'] {
  if (previous === undefined) {
    return undefined;
  }
  const less = (a: keyof StatsResult & ('redirected' | 'stack')) => ({
    messages: latest[a].messages - previous[a].messages,
    bytes: latest[a].bytes - previous[a].bytes,
  });
  const [redirected, stack] = [less('redirected'), less('stack')];
  const durationMs = latest.atMs - previous.atMs;
  const values = [redirected.messages, redirected.bytes, stack.messages, stack.bytes];
  if (durationMs <= 0 || values.some(n => n < 0) || redirected.messages + stack.messages === 0) {
    return undefined;
  }
  return { ...rateOf(redirected, stack), durationMs };
}
