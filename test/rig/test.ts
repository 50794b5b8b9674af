// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { checkout, outPath } from './checkout';
import { ProcessGroup } from './processes';
import { readCounts, readFloors, steps, suiteNames, suites, type Counts, type Suite } from './suites';
import { installWorkbench, workbenchVersions } from './workbenchInstall';

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Runs a command with its output on the terminal; undefined when it had to be ended after `limitSeconds`. */
async function execute(
  command: readonly [string, ...string[]],
  limitSeconds: number,
): Promise<number | undefined> {
  const group = new ProcessGroup();
  const [program, ...args] = command;
  const child = group.spawn(program, args, { cwd: checkout, output: 'inherit' });
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, limitSeconds * 1000, undefined);
  });
  const ended = new Promise<number>(resolve => {
    child.on('exit', code => resolve(code ?? 1));
    child.on('error', error => {
      console.log(`cannot run ${program}: ${error.message}`);
      resolve(1);
    });
  });
  try {
    return await Promise.race([ended, limit]);
  } finally {
    clearTimeout(timer);
    await group.stop();
  }
}

async function runSuite(suite: Suite, floor: number): Promise<Counts> {
  console.log(`\n== ${suite.name}`);
  const started = performance.now();
  await rm(suite.report, { force: true });
  const code = await execute(suite.command, suite.limitSeconds);
  const counted = (await readCounts(suite.report)) ?? { passed: 0, failed: 0 };
  let { failed } = counted;
  if (code === undefined) {
    console.log(`${suite.name}: ended after its limit of ${suite.limitSeconds} s`);
    failed += 1;
  } else if (code !== 0 && failed === 0) {
    console.log(`${suite.name}: ended with exit code ${code}`);
    failed += 1;
  }
  if (counted.passed + counted.failed < floor) {
    console.log(`${suite.name}: fewer tests than the floor in test/rig/floors.json`);
    failed += 1;
  }
  console.log(
    `${suite.name}: ${counted.passed} passed, ${failed} failed (floor ${floor}), ${seconds(started)}`,
  );
  return { passed: counted.passed, failed };
}

/** Installs in the background what later suites need; a failure shows where it is needed. */
function prepareWorkbenches(): void {
  void (async () => {
    for (const version of workbenchVersions) await installWorkbench(version);
  })().catch(() => undefined);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--list')) {
    console.log(suiteNames.join('\n'));
    return 0;
  }
  const known: readonly string[] = [...suiteNames, ...steps.map(step => step.name)];
  const unknown = args.find(name => !known.includes(name));
  if (unknown !== undefined) {
    console.log(`there is no suite "${unknown}"; use some of: ${known.join(' ')}`);
    return 2;
  }
  const chosen = suites.filter(suite => args.length === 0 || args.includes(suite.name));
  const wanted = steps.filter(
    step =>
      args.length === 0 ||
      args.includes(step.name) ||
      chosen.some(suite => step.neededBy.includes(suite.name)),
  );
  const floors = await readFloors();
  const started = performance.now();
  await mkdir(outPath('test'), { recursive: true });
  if (chosen.some(suite => suite.name === 'host' || suite.name === 'e2e')) prepareWorkbenches();
  let passed = 0;
  let failed = 0;
  for (const step of wanted) {
    console.log(`\n== ${step.name}`);
    const begun = performance.now();
    const code = await execute(step.command, 300);
    console.log(`${step.name}: ${code === 0 ? 'done' : 'failed'}, ${seconds(begun)}`);
    if (code !== 0) failed += 1;
  }
  for (const suite of chosen) {
    const counts = await runSuite(suite, floors[suite.name]);
    passed += counts.passed;
    failed += counts.failed;
  }
  console.log(`\nall of it took ${seconds(started)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
