// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startVm, type Vm } from '../rig/vm';

const exec = promisify(execFile);

/** A test host with a cgroup `/sockmap-test`, and an `ssh` that knows it as a user's own would. */
export class SshHost {
  #vm: Vm | undefined;
  #ssh: string | undefined;

  /** Boots it, and writes the `ssh` into a folder. */
  async start(folder: string): Promise<void> {
    this.#vm = await startVm({ kernel: '6.12' });
    this.#ssh = join(folder, 'ssh');
    // Stands for the user's own ssh configuration.
    await writeFile(this.#ssh, `#!/bin/sh\nexec ssh -F ${this.#vm.sshConfig} "$@"\n`);
    await chmod(this.#ssh, 0o755);
    await this.run('mkdir /sys/fs/cgroup/sockmap-test');
  }

  /** Path of the command that the extension is to call. */
  get ssh(): string {
    if (this.#ssh === undefined) throw new Error('the test host is not started.');
    return this.#ssh;
  }

  /** Name in the ssh configuration. */
  get name(): string {
    return this.#started.host;
  }

  /** Kernel release, as `uname -r`. */
  get release(): string {
    return this.#started.release;
  }

  /** What a shell command prints there, without white space at its ends. */
  async run(command: string): Promise<string> {
    const vm = this.#started;
    return (await exec('ssh', ['-F', vm.sshConfig, vm.host, command])).stdout.trim();
  }

  async stop(): Promise<void> {
    await this.#vm?.stop();
  }

  get #started(): Vm {
    if (this.#vm === undefined) throw new Error('the test host is not started.');
    return this.#vm;
  }
}
