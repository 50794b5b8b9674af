// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { checkout, outPath } from './checkout';
import { removeLeftovers } from './leftovers';
import { ProcessGroup } from './processes';
import {
  readCounts,
  readFloors,
  steps,
  suiteNames,
  suites,
  type Counts,
  type Step,
  type Suite,
} from './suites';
import { prepareVm, vmKernels } from './vm';
import { installWorkbench, workbenchVersions } from './workbenchInstall';

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Runs a command; undefined when it had to be ended after `limitSeconds`. `keep` takes its output, if given. */
async function execute(
  command: readonly [string, ...string[]],
  limitSeconds: number,
  keep?: (text: string) => void,
): Promise<number | undefined> {
  const group = new ProcessGroup();
  const [program, ...args] = command;
  const child = group.spawn(program, args, {
    cwd: checkout,
    output: keep === undefined ? 'inherit' : 'pipe',
  });
  if (keep !== undefined) {
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
  }
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, limitSeconds * 1000, undefined);
  });
  const ended = new Promise<number>(resolve => {
    child.on('close', code => resolve(code ?? 1));
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

/** Runs a step; one beside the suites shows its output when it is through. Resolves with its failures. */
async function runStep(step: Step): Promise<number> {
  const started = performance.now();
  let output = '';
  if (!step.besideSuites) console.log(`\n== ${step.name}`);
  const keep = (text: string): void => {
    output += text;
  };
  const code = await execute(
    step.command,
    step.besideSuites ? 600 : 300,
    step.besideSuites ? keep : undefined,
  );
  if (step.besideSuites) console.log(`\n== ${step.name}\n${output.trimEnd()}`);
  console.log(`${step.name}: ${code === 0 ? 'done' : 'failed'}, ${seconds(started)}`);
  return code === 0 ? 0 : 1;
}

async function runSuite(suite: Suite, floor: number): Promise<Counts> {
  console.log(`\n== ${suite.name}`);
  const started = performance.now();
  await rm(suite.report, { force: true });
  const code = await execute(suite.command, suite.limitSeconds);
  const counted = (await readCounts(suite.report)) ?? { passed: 0, failed: 0, failures: [] };
  let { failed } = counted;
  const failures = counted.failures.map(failure => `${suite.name}: ${failure}`);
  /** Goes wrong beside the tests. */
  const wrong = (what: string): void => {
    console.log(`${suite.name}: ${what}`);
    failures.push(`${suite.name}: ${what}`);
    failed += 1;
  };
  if (code === undefined) {
    wrong(`ended after its limit of ${suite.limitSeconds} s`);
    for (const name of await removeLeftovers())
      console.log(`${suite.name}: left ${name}, which is removed now`);
  } else if (code !== 0 && failed === 0) {
    wrong(`ended with exit code ${code}`);
  }
  if (counted.passed + counted.failed < floor) wrong('fewer tests than the floor in test/rig/floors.json');
  console.log(
    `${suite.name}: ${counted.passed} passed, ${failed} failed (floor ${floor}), ${seconds(started)}`,
  );
  return { passed: counted.passed, failed, failures };
}

/** Installs what the chosen suites need, beside the first of them; a failure shows where it is needed. */
async function prepare(chosen: readonly Suite[]): Promise<void> {
  const names = chosen.map(suite => suite.name);
  try {
    if (names.includes('host') || names.includes('e2e')) {
      for (const version of workbenchVersions) await installWorkbench(version);
    }
    if (names.includes('ssh') || names.includes('e2e')) {
      for (const kernel of vmKernels) await prepareVm({ kernel });
      if (names.includes('ssh')) await prepareVm({ kernel: '6.1', arch: 'arm64' });
    }
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
  }
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
  const prepared = prepare(chosen);
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  const beside: Promise<number>[] = [];
  for (const step of wanted) {
    const running = runStep(step);
    if (step.besideSuites) beside.push(running);
    else failed += await running;
  }
  for (const suite of chosen) {
    if (suite.name === 'ssh' || suite.name === 'host' || suite.name === 'e2e') await prepared;
    const counts = await runSuite(suite, floors[suite.name]);
    passed += counts.passed;
    failed += counts.failed;
    failures.push(...counts.failures);
  }
  for (const failures of await Promise.all(beside)) failed += failures;
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`\nall of it took ${seconds(started)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
