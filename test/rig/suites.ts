// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { binPath, checkout, outPath } from './checkout';

/** Outcome of one suite; a skipped test counts as failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** The failed tests: name, and the first lines of what went wrong. */
  readonly failures: readonly string[];
}

/** Something to do before suites run; it has no counts of its own, but its failure is one. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Suites that need it; a step of all of them also runs when only some were asked for. */
  readonly neededBy: readonly SuiteName[];
  /** Runs while suites do, since none needs its outcome. */
  readonly besideSuites: boolean;
}

export const suiteNames = ['unit', 'datapath', 'agent', 'ssh', 'host', 'e2e', 'package'] as const;
export type SuiteName = (typeof suiteNames)[number];

export interface Suite {
  readonly name: SuiteName;
  readonly command: readonly [string, ...string[]];
  /** JSON file with counts that the command leaves. */
  readonly report: string;
  readonly limitSeconds: number;
}

const ESSENCE_LINES = 4;

const report = (name: SuiteName): string => outPath('test', `${name}.json`);

function vitestSuite(name: SuiteName, limitSeconds: number): Suite {
  const command: Suite['command'] = [
    binPath('vitest'),
    'run',
    '--config',
    join(checkout, 'test', 'vitest.config.ts'),
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report(name)}`,
  ];
  return { name, command, report: report(name), limitSeconds };
}

export const suites: readonly Suite[] = [
  vitestSuite('unit', 300),
  vitestSuite('datapath', 300),
  vitestSuite('agent', 480),
  vitestSuite('ssh', 480),
  {
    name: 'host',
    command: [binPath('tsx'), join(checkout, 'test', 'rig', 'hostSuite.ts')],
    report: report('host'),
    limitSeconds: 240,
  },
  vitestSuite('e2e', 600),
  vitestSuite('package', 60),
];

export const steps: readonly Step[] = [
  {
    name: 'build',
    command: ['npm', 'run', '--silent', 'build'],
    neededBy: suiteNames.slice(1),
    besideSuites: false,
  },
  { name: 'lint', command: ['npm', 'run', '--silent', 'lint'], neededBy: [], besideSuites: true },
  {
    name: 'vsix',
    command: [binPath('tsx'), join(checkout, 'test', 'rig', 'package.ts'), '--no-build'],
    neededBy: ['e2e', 'package'],
    besideSuites: false,
  },
];

const assertion = v.object({
  fullName: v.string(),
  status: v.string(),
  failureMessages: v.optional(v.array(v.string())),
});
/** What vitest's JSON reporter and test/host/index.ts leave; a file without tests could not be loaded. */
const reportFile = v.object({
  numTotalTests: v.number(),
  numPassedTests: v.number(),
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.optional(v.string()),
      assertionResults: v.array(assertion),
    }),
  ),
});

/** What went wrong, without the stack: a few lines, since the second may say how to repeat it. */
function essence(text = ''): string {
  const lines = text.trim().split('\n');
  const stack = lines.findIndex(line => /^\s+at /.test(line));
  return lines.slice(0, Math.min(ESSENCE_LINES, stack < 0 ? lines.length : stack)).join('\n    ');
}

/** Reads a suite's report; undefined when there is none that can be read. */
export async function readCounts(path: string): Promise<Counts | undefined> {
  let read: v.InferOutput<typeof reportFile>;
  try {
    read = v.parse(reportFile, JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
  const failures = read.testResults.flatMap(file => {
    const failed = file.assertionResults.filter(({ status }) => status !== 'passed');
    const place = relative(checkout, file.name);
    if (file.status === 'failed' && failed.length === 0) return [`${place}: ${essence(file.message)}`];
    return failed.map(
      ({ fullName, failureMessages }) => `${place}: ${fullName}: ${essence(failureMessages?.[0])}`,
    );
  });
  return { passed: read.numPassedTests, failed: read.numTotalTests - read.numPassedTests, failures };
}

const floor = v.pipe(v.number(), v.integer(), v.minValue(1));
const floors = v.object(v.entriesFromList(suiteNames, floor));

/** Fewest tests that each suite must pass, as recorded beside this file. */
export async function readFloors(): Promise<Readonly<Record<SuiteName, number>>> {
  const path = join(checkout, 'test', 'rig', 'floors.json');
  return v.parse(floors, JSON.parse(await readFile(path, 'utf8')));
}
