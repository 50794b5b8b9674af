// SPDX-License-Identifier: Apache-2.0
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { VmOptions } from './rig/vm';
import type { Lack } from './support/vmMachine';

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

interface OnMachine {
  /** Of test/datapath, without `.test.ts`; all when not given. */
  readonly files?: readonly string[];
  /** What single tests cannot show there: they assert that it is so. */
  readonly lacks?: readonly Lack[];
}

/** The tests of test/datapath on another kernel. */
function machineProject(
  options: VmOptions,
  { files = ['*'], lacks = [] }: OnMachine = {},
): TestProjectInlineConfiguration {
  const { kernel, arch } = options;
  const path = (file: string): string => `test/datapath/${file}.test.ts`;
  const name = [
    ...(kernel.startsWith('ubuntu') ? [] : ['vm']),
    kernel,
    ...(arch === undefined ? [] : [arch]),
  ].join('-');
  const suite = project(name, long, false, ['test/support/vmSetup.ts'], files.map(path));
  return {
    ...suite,
    test: {
      ...suite.test,
      /* It compiles only: no kernel takes part. */
      exclude: [path('build')],
      provide: { boot: { ...options, lacks } },
      setupFiles: ['test/support/vmWatch.ts'],
    },
  };
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
      /* Debian builds it without CONFIG_MPTCP. */
      machineProject(
        { kernel: '5.10' },
        { lacks: ['mptcp', 'lateZerocopy', 'letsGo', 'peekOffset', 'nudges', 'splices'] },
      ),
      machineProject({ kernel: '6.1' }, { lacks: ['peekOffset'] }),
      machineProject({ kernel: '6.12' }),
      /* FIONREAD is corrected in sk_ioctl() from 6.5 on, until 6.12.75 counts redirected bytes itself. */
      machineProject({ kernel: '6.12-oldest' }, { files: ['pairing', 'flow', 'detach', 'edge'] }),
      /* The smoke suite of the other architecture. */
      machineProject(
        { kernel: '6.1', arch: 'arm64' },
        {
          files: ['pairing', 'flow', 'detach', 'endings', 'edge', 'capture', 'splice', 'ktls'],
          lacks: ['answers'],
        },
      ),
      machineProject({ kernel: 'ubuntu-5.15' }, { lacks: ['lateZerocopy', 'peekOffset', 'nudges'] }),
      machineProject({ kernel: 'ubuntu-6.8' }, { lacks: ['peekOffset'] }),
      machineProject({ kernel: 'ubuntu-6.17' }),
      machineProject({ kernel: 'ubuntu-7.0' }),
    ],
  },
});
