// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench [-- --rounds N --seconds S]`: prints speed ratios, each against plain TCP of the same round,
 * and leaves them in out/bench/results.json. Nothing here passes or fails: speed is no test.
 */
import { writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchChain, showChain } from '../bench/chain';
import { benchDatapath, showDatapath } from '../bench/datapath';
import { withVariants } from '../bench/variants';
import { checkout, outPath } from './checkout';
import { run } from './processes';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, seconds: { type: 'string', default: '1' } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  throw new Error('--rounds wants a whole number from 1 on, --seconds a number above 0.');
}
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

await run('npm', ['run', '--silent', 'build'], { cwd: checkout });
await run('make', ['--silent', '-C', join(checkout, 'test', 'bench'), 'all']);

await withVariants(async variants => {
  const datapath = await benchDatapath(variants, rounds, seconds, say);
  const names = variants.map(variant => variant.name).filter(name => name !== 'plain');
  console.log(`\n${showDatapath(datapath, names)}\n`);
  const chain = await benchChain(variants, rounds, Math.max(2, seconds), say);
  console.log(`${showChain(chain)}\n`);
  const machine = { kernel: release(), arch: arch(), cpus: cpus().length, cpu: cpus()[0]?.model };
  const results = { at: new Date().toISOString(), machine, rounds, seconds, datapath, chain };
  await writeFile(outPath('bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
});
