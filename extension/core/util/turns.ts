// SPDX-License-Identifier: Apache-2.0

/** Time and a way to let other work of the process run, handed in so that tests own them. */
export interface Turns {
  /** Milliseconds; only differences mean something. */
  readonly now: () => number;
  /** Resolves when others had their turn; rejects never. */
  readonly pause: () => Promise<void>;
}

/** Milliseconds after which others have their turn. */
export const TURN_MS = 12;

/** Repeats a step until it is done, with a pause whenever the time of a turn is used up. */
export async function inTurns({ now, pause }: Turns, step: () => boolean): Promise<void> {
  for (let start = now(); !step();) {
    if (now() - start < TURN_MS) continue;
    await pause();
    start = now();
  }
}
