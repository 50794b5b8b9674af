// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { binPath, checkout, outPath } from './checkout';
import { join } from 'node:path';

/** Outcome of one suite; a skipped test counts as failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
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

function numberAt(value: object, key: string): number {
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'number' ? found : 0;
}

/** Reads the counts of a vitest or host report; undefined when there is none that can be read. */
export async function readCounts(path: string): Promise<Counts | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const passed = numberAt(value, 'numPassedTests');
  const total = numberAt(value, 'numTotalTests');
  return { passed, failed: total - passed };
}

/** Fewest tests that each suite must pass, as recorded beside this file. */
export async function readFloors(): Promise<Readonly<Record<SuiteName, number>>> {
  const value: unknown = JSON.parse(await readFile(join(checkout, 'test', 'rig', 'floors.json'), 'utf8'));
  if (typeof value !== 'object' || value === null)
    throw new Error('test/rig/floors.json must hold an object.');
  const floor = (name: SuiteName): number => Math.max(1, numberAt(value, name));
  return {
    unit: floor('unit'),
    datapath: floor('datapath'),
    agent: floor('agent'),
    ssh: floor('ssh'),
    host: floor('host'),
    e2e: floor('e2e'),
    package: floor('package'),
  };
}
