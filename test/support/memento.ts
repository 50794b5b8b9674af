// SPDX-License-Identifier: Apache-2.0
import type { Memento } from 'vscode';

/** What a workspace remembers, for as long as a test runs. */
export function memento(): Memento {
  const kept = new Map<string, unknown>();
  return {
    keys: () => [...kept.keys()],
    get: <T>(key: string, fallback?: T) => (kept.get(key) ?? fallback) as T,
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  };
}
