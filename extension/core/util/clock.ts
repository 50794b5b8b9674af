// SPDX-License-Identifier: Apache-2.0
import type { Disposable } from './disposable';

/** Time, handed in so that tests own it. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** Runs `action` once after `delayMs` unless disposed before. */
  after(delayMs: number, action: () => void): Disposable;
}
