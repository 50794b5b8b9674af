// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { inputs } from './mutations';
import { check, checkTime } from './properties';

/** What a worker tells, one JSON text a line. */
export type Told =
  | { readonly at: number; readonly phase: 'inputs' | 'time' }
  | { readonly done: number }
  | { readonly broken: string };

/** Inputs between two signs of life. */
const STEP = 500;

const [logsFile = '', seedText = '', runsText = '', timedText = ''] = process.argv.slice(2);
const logs = JSON.parse(readFileSync(logsFile, 'utf8')) as readonly string[];
const seed = Number(seedText);

const tell = (told: Told): void => {
  process.stdout.write(`${JSON.stringify(told)}\n`);
};

function run(phase: 'inputs' | 'time', numRuns: number, property: typeof check): boolean {
  let count = 0;
  const details = fc.check(
    fc.property(inputs, input => {
      if (count++ % (phase === 'time' ? 5 : STEP) === 0) tell({ at: count - 1, phase });
      property(input, logs);
    }),
    { seed, numRuns },
  );
  if (!details.failed) return true;
  tell({ broken: `${phase}: ${fc.defaultReportMessage(details) ?? ''}` });
  return false;
}

if (run('inputs', Number(runsText), check) && run('time', Number(timedText), checkTime))
  tell({ done: Number(runsText) + Number(timedText) });
