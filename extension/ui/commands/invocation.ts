// SPDX-License-Identifier: Apache-2.0
import type { CommandTarget } from '../../contrib/ids';

/**
 * A command under way: what it was given, and what was answered since. Its report knows both, and Retry asks for
 * neither again.
 */
export class Invocation {
  #target: CommandTarget;

  constructor(target: CommandTarget) {
    this.#target = target;
  }

  get target(): CommandTarget {
    return this.#target;
  }

  keep(answers: CommandTarget): void {
    this.#target = { ...this.#target, ...answers };
  }

  /** What turned out to be no answer is asked for again. */
  forget(keys: readonly (keyof CommandTarget)[]): void {
    const kept = Object.entries(this.#target).filter(([key]) => !keys.some(one => one === key));
    this.#target = Object.fromEntries(kept);
  }
}
