// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run fuzz [-- --runs N --seed S --workers W]`: mutated real logs through the parser of verifier logs and all that
 * is built on it. The logs are those of the corpus, as the running kernel writes them. Prints inputs, seeds and seconds;
 * ends with 1 and the smallest input that was found when a property is broken, or when an input takes for ever.
 */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import type { Told } from '../fuzz/worker';
import { corpusLogs } from '../support/verifierCorpus';
import { checkout, outPath, temporaryFolder } from './checkout';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    workers: { type: 'string', default: String(cpus().length) },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const workers = Number(values.workers);
if (![runs, seed, workers].every(Number.isInteger) || runs < 1 || workers < 1)
  throw new Error('--runs, --seed and --workers want whole numbers from 1 on.');
/** Longer without a sign of life is a hang: 500 inputs take less than a second. */
const PATIENCE_MS = 120_000;
/** One in so many inputs is judged by the time that it takes. */
const TIMED = 2000;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

interface Outcome {
  readonly inputs: number;
  readonly broken: string | undefined;
}

function work(script: string, logs: string, ownSeed: number, share: number): Promise<Outcome> {
  const args = [script, logs, String(ownSeed), String(share), String(Math.ceil(share / TIMED))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let last = 'the start';
    let outcome: Outcome | undefined;
    let timer: NodeJS.Timeout | undefined;
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        outcome = { inputs: 0, broken: `hangs after ${last}; seed ${ownSeed}` };
        child.kill('SIGKILL');
      }, PATIENCE_MS);
    };
    watch();
    createInterface({ input: child.stdout }).on('line', line => {
      watch();
      const told = JSON.parse(line) as Told;
      if ('at' in told) last = `input ${told.at} of ${told.phase}`;
      else if ('done' in told) outcome = { inputs: told.done, broken: undefined };
      else outcome = { inputs: 0, broken: told.broken };
    });
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(timer);
      resolve(outcome ?? { inputs: 0, broken: `ended with ${String(code)} after ${last}; seed ${ownSeed}` });
    });
  });
}

const folder = await temporaryFolder('fuzz');
try {
  const logs = (await corpusLogs(folder.path, true)).filter(({ log }) => log !== '').map(({ log }) => log);
  const logsFile = outPath('fuzz', 'logs.json');
  await mkdir(outPath('fuzz'), { recursive: true });
  await writeFile(logsFile, JSON.stringify(logs));
  const script = outPath('fuzz', 'worker.mjs');
  await build({
    ...{ entryPoints: [`${checkout}/test/fuzz/worker.ts`], outfile: script, absWorkingDir: checkout },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
  });
  say(`${logs.length} real logs; ${runs} inputs, seeds ${seed} to ${seed + workers - 1}, ${workers} workers`);
  const start = performance.now();
  const share = Math.ceil(runs / workers);
  const outcomes = await Promise.all(
    Array.from({ length: workers }, (_, i) => work(script, logsFile, seed + i, share)),
  );
  const seconds = (performance.now() - start) / 1000;
  const inputs = outcomes.reduce((sum, outcome) => sum + outcome.inputs, 0);
  console.log(
    `${inputs} inputs, seeds ${seed} to ${seed + workers - 1}, ${seconds.toFixed(1)} s, ` +
      `${(inputs / seconds).toFixed(0)} a second`,
  );
  for (const { broken } of outcomes) {
    if (broken === undefined) continue;
    console.log(broken);
    process.exitCode = 1;
  }
} finally {
  await folder.remove();
}
