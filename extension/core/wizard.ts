// SPDX-License-Identifier: Apache-2.0

export type StepOutcome<T> =
  /** `asked: false`: the step answered itself, so Back passes over it. */
  | { readonly kind: 'next'; readonly state: T; readonly asked: boolean }
  | { readonly kind: 'back' }
  | { readonly kind: 'cancel' };

export interface StepPosition {
  /** 1-based. */
  readonly step: number;
  readonly totalSteps: number;
  readonly canGoBack: boolean;
}

export type Step<T> = (state: T, position: StepPosition) => Promise<StepOutcome<T>>;

/**
 * Runs steps one after another, each adding to the state. Back returns to the last step that asked, with the
 * state that it was given then. Resolves with undefined when cancelled.
 */
export async function runWizard<T>(steps: readonly Step<T>[], initial: T): Promise<T | undefined> {
  const asked: { readonly index: number; readonly state: T }[] = [];
  let index = 0;
  let state = initial;
  for (let step = steps[index]; step !== undefined; step = steps[index]) {
    const position = { step: index + 1, totalSteps: steps.length, canGoBack: asked.length > 0 };
    const outcome = await step(state, position);
    if (outcome.kind === 'cancel') {
      return undefined;
    }
    if (outcome.kind === 'back') {
      const previous = asked.pop();
      if (previous === undefined) {
        return undefined;
      }
      ({ index, state } = previous);
      continue;
    }
    if (outcome.asked) {
      asked.push({ index, state });
    }
    state = outcome.state;
    index++;
  }
  return state;
}
