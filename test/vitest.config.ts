// SPDX-License-Identifier: Apache-2.0
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { VmKernel, VmOptions } from './rig/vm';

interface Limits {
  readonly testTimeout: number;
  readonly hookTimeout: number;
}

/** One suite: the tests of a folder. Suites whose files would meet in the kernel or the workbench run them in turn. */
function project(
  name: string,
  limits: Limits,
  fileParallelism: boolean,
  globalSetup: string[] = [],
  include: string[] = [`test/${name}/**/*.test.ts`],
): TestProjectInlineConfiguration {
  return {
    // Outside VS Code there is no such module: tests of extension/ui get the little that they need.
    resolve: { alias: { vscode: new URL('support/vscode.ts', import.meta.url).pathname } },
    test: {
      name,
      include,
      ...limits,
      globalSetup,
      // What is waited for comes when it comes: two cores may be busy with something else.
      expect: { poll: { timeout: Math.min(20_000, limits.testTimeout / 2), interval: 100 } },
      fileParallelism,
      pool: 'forks',
    },
  };
}

const quick: Limits = { testTimeout: 30_000, hookTimeout: 30_000 };
const kernel: Limits = { testTimeout: 60_000, hookTimeout: 60_000 };
/** Minutes for each test: not among the suites of `npm test`. */
const long: Limits = { testTimeout: 600_000, hookTimeout: 180_000 };
const machines: Limits = { testTimeout: 120_000, hookTimeout: 180_000 };

const kernels: readonly VmKernel[] = ['6.1'];

/** The tests of test/datapath that run on a virtual machine as they do here. */
const onMachines = [...['pairing', 'resolver', 'flow', 'detach', 'endings', 'reasons', 'capacity', 'scale']];

/** Those tests on another kernel. */
function machineProject(boot: VmOptions, files: readonly string[]): TestProjectInlineConfiguration {
  const name = ['vm', boot.kernel, ...(boot.arch === undefined ? [] : [boot.arch])].join('-');
  const include = files.map(file => `test/datapath/${file}.test.ts`);
  const suite = project(name, long, false, ['test/support/vmSetup.ts'], include);
  return { ...suite, test: { ...suite.test, provide: { boot }, setupFiles: ['test/support/vmWatch.ts'] } };
}

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    maxWorkers: 2,
    allowOnly: false,
    projects: [
      project('unit', quick, true),
      project('datapath', kernel, false),
      project('agent', kernel, true, ['test/support/buildAgents.ts']),
      project('ssh', machines, true),
      project('e2e', machines, false),
      project('package', kernel, false),
      project('long', long, false),
      ...kernels.map(kernel => machineProject({ kernel }, onMachines)),
    ],
  },
});
