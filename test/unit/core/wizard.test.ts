// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type Step, type StepOutcome, type StepPosition, runWizard } from '../../../extension/core/wizard';

/** Steps that answer from a list and write down how they were asked. */
function script(
  answers: readonly StepOutcome<string>['kind'][],
  steps: number,
  silent: readonly number[] = [],
) {
  const seen: { step: number; state: string; position: StepPosition }[] = [];
  const left = [...answers];
  const make = (index: number): Step<string> => {
    return (state, position) => {
      seen.push({ step: index, state, position });
      if (silent.includes(index)) {
        return Promise.resolve({ kind: 'next', state: `${state}-`, asked: false });
      }
      const kind = left.shift() ?? 'cancel';
      return Promise.resolve(kind === 'next' ? { kind, state: `${state}${index}`, asked: true } : { kind });
    };
  };
  return { seen, steps: Array.from({ length: steps }, (_, index) => make(index)) };
}

test('collects through all steps', async () => {
  const { steps, seen } = script(['next', 'next', 'next'], 3);
  expect(await runWizard(steps, '')).toBe('012');
  expect(seen.map(s => s.position)).toEqual([
    { step: 1, totalSteps: 3, canGoBack: false },
    { step: 2, totalSteps: 3, canGoBack: true },
    { step: 3, totalSteps: 3, canGoBack: true },
  ]);
});

test('back gives the step before its old state', async () => {
  const { steps, seen } = script(['next', 'next', 'back', 'next', 'next'], 3);
  expect(await runWizard(steps, '')).toBe('012');
  expect(seen.map(s => [s.step, s.state])).toEqual([
    [0, ''],
    [1, '0'],
    [2, '01'],
    [1, '0'],
    [2, '01'],
  ]);
});

test('back passes over a step that did not ask', async () => {
  const { steps, seen } = script(['next', 'back', 'next', 'next'], 3, [1]);
  expect(await runWizard(steps, '')).toBe('0-2');
  expect(seen.map(s => s.step)).toEqual([0, 1, 2, 0, 1, 2]);
});

test('cancel, and back from the first step, end it', async () => {
  expect(await runWizard(script(['next', 'cancel'], 3).steps, '')).toBeUndefined();
  expect(await runWizard(script(['back'], 3).steps, '')).toBeUndefined();
});

test('a first step that did not ask cannot be gone back to', async () => {
  const { steps, seen } = script(['next', 'next'], 3, [0]);
  await runWizard(steps, '');
  expect(seen.map(s => s.position.canGoBack)).toEqual([false, false, true]);
});
