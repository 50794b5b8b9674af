// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';

const periodMs = 50;

/**
 * Reads until `read` gives something other than undefined. For states that no single element stands for;
 * the failure names what was waited for and what was there instead.
 */
export async function until<T>(
  what: string,
  read: () => Promise<T | undefined>,
  options: { readonly timeoutMs?: number; readonly seen?: () => Promise<unknown> } = {},
): Promise<T> {
  const { timeoutMs = 20_000, seen } = options;
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > end) {
      const instead = seen === undefined ? '' : `; there was ${JSON.stringify(await seen())}`;
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}${instead}`);
    }
    await delay(periodMs);
  }
}

/** Whether a text is the wanted one: equal to a string, or matched by an expression. */
export const matches = (text: string, wanted: string | RegExp): boolean =>
  typeof wanted === 'string' ? text === wanted : wanted.test(text);

/** Text of an element as a person reads it: one line, ordinary spaces. */
export const flat = (text: string | null): string => (text ?? '').replaceAll(/[\s\u00a0]+/g, ' ').trim();

/** The text as a part of a regular expression that matches just it. */
export const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
