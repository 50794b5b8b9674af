// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { temporaryFolder } from '../rig/checkout';
import { ProcessGroup, run } from '../rig/processes';
import { startVm } from '../rig/vm';
import { Cleanup, eventually } from './cleanup';
import { PREPARATION } from './vmMachine';

/** Emulation takes 10 to 20 times as long for what the kernel does. */
const SLOWNESS = { slowness: 10, lookSeconds: 3 };

/** Boots the virtual machine of a project, for all of its test files; returns what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const options = project.config.provide['boot'];
  if (options === undefined) throw new Error(`The project ${project.name} names no virtual machine.`);
  const cleanup = new Cleanup();
  try {
    const vm = await startVm({ lifeSeconds: 3 * 3600, memoryMiB: 1024, cpus: 2, ...options });
    cleanup.add(() => vm.stop());
    const folder = await temporaryFolder('ssh');
    cleanup.add(() => folder.remove());
    const connection = new ProcessGroup();
    cleanup.add(() => connection.stop());
    const controlPath = join(folder.path, 'control');
    const ssh = ['-F', vm.sshConfig, '-S', controlPath];
    connection.spawn('ssh', [...ssh, '-M', '-N', vm.host]);
    await eventually(
      `a connection to ${project.name}`,
      () =>
        run('ssh', [...ssh, '-O', 'check', vm.host]).then(
          () => true,
          () => undefined,
        ),
      60_000,
    );
    await run('ssh', [...ssh, '-T', vm.host, PREPARATION]);
    project.provide('vm', {
      sshConfig: vm.sshConfig,
      host: vm.host,
      controlPath,
      arch: options.arch === 'arm64' ? 'aarch64' : 'x86_64',
      ...SLOWNESS,
      lacks: options.lacks,
    });
    return () => cleanup.run();
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
