// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench [-- --rounds N --seconds S --only datapath|chain|panel]`: prints speed ratios, each against plain TCP
 * of the same round (of the Verifier Log panel: against an empty page), says which targets are met, and leaves all
 * figures in out/bench/.
 * Nothing here passes or fails: speed is no test.
 */
import { writeFile } from 'node:fs/promises';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchChain, showChain } from '../bench/chain';
import { benchDatapath, showDatapath } from '../bench/datapath';
import { benchHost } from '../bench/host';
import { confidence } from '../bench/statistics';
import { chainTargets, datapathTargets, panelTargets, showTargets, type Target } from '../bench/targets';
import { withVariants } from '../bench/variants';
import { benchVerifierPanel, showVerifierPanel } from '../bench/verifierPanel';
import { checkout, outPath } from './checkout';
import { run } from './processes';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!Number.isInteger(rounds) || rounds < 1 || !(seconds > 0)) {
  throw new Error('--rounds wants a whole number from 1 on, --seconds a number above 0.');
}
const { only } = values;
if (only !== undefined && !['datapath', 'chain', 'panel'].includes(only))
  throw new Error('--only wants datapath, chain or panel.');
const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function keep(
  name: 'datapath' | 'chain' | 'panel',
  results: readonly unknown[],
  targets: readonly Target[],
): Promise<void> {
  const machine = { kernel: release(), arch: arch(), cpus: cpus().length, cpu: cpus()[0]?.model };
  const run = { at: new Date().toISOString(), machine, rounds, seconds, confidence: confidence(rounds) };
  await writeFile(
    outPath('bench', `${name}.json`),
    `${JSON.stringify({ ...run, results, targets }, null, 2)}\n`,
  );
}

await run('npm', ['run', '--silent', 'build'], { cwd: checkout });
await run('make', ['--silent', '-C', join(checkout, 'test', 'bench'), 'all']);

if (only === undefined || only === 'panel') {
  const panel = await benchVerifierPanel(rounds, say);
  const targets = panelTargets(panel);
  await keep('panel', [panel], targets);
  console.log(`\n${showVerifierPanel(panel)}\n\n${showTargets(targets)}\n`);
  if (only === 'panel') process.exit(0);
}

/* Not beside the attachments of the others. */
const host = only === 'chain' ? [] : [await benchHost(rounds, seconds, say)];
await withVariants(async variants => {
  const targets: Target[] = [];
  if (only !== 'chain') {
    const datapath = [...(await benchDatapath(variants, rounds, seconds, say)), ...host];
    const names = variants.map(variant => variant.name).filter(name => name !== 'plain');
    console.log(`\n${showDatapath(datapath, names)}\n`);
    const own = datapathTargets(datapath);
    await keep('datapath', datapath, own);
    targets.push(...own);
  }
  if (only !== 'datapath') {
    const chain = await benchChain(variants, rounds, Math.max(2, seconds), say);
    console.log(`${showChain(chain)}\n`);
    const own = chainTargets(chain);
    await keep('chain', chain, own);
    targets.push(...own);
  }
  console.log(showTargets(targets));
  console.log(
    `\nMedians of ${String(rounds)} rounds; a range holds the true median with ` +
      `${(100 * confidence(rounds)).toFixed(1)} % confidence.`,
  );
});

// The parser of verifier logs against its peer, of which a checkout is needed.
if (process.env['BPFVV'] === undefined) {
  say('Set BPFVV to a checkout of github.com/libbpf/bpfvv to compare the parser of verifier logs with it.');
} else {
  const peer = await run('npx', ['tsx', join('test', 'bench', 'verifierLog.bench.ts')], { cwd: checkout });
  console.log(peer);
}
