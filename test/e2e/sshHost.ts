// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startVm, type Vm, type VmOptions } from '../rig/vm';

/** A test host with a cgroup `/sockmap-test`. */
export class SshHost {
  readonly #options: VmOptions;
  #vm: Vm | undefined;

  constructor(options: VmOptions = { kernel: '6.12' }) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#vm = await startVm(this.#options);
    await this.run('mkdir /sys/fs/cgroup/sockmap-test');
  }

  /** File for `ssh -F` that knows the host by its name. */
  get sshConfig(): string {
    return this.#started.sshConfig;
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
    return (await this.#started.run(command)).trim();
  }

  /** Pulls the network cable: what is under way there hangs. */
  cut(): Promise<void> {
    return this.#started.cut();
  }

  async stop(): Promise<void> {
    await this.#vm?.stop();
  }

  get #started(): Vm {
    if (this.#vm === undefined) throw new Error('the test host is not started.');
    return this.#vm;
  }
}

/**
 * Writes an `ssh` into a folder that knows the hosts as a user's own configuration would; gives its path. It knows
 * them also once they are stopped.
 */
export async function writeSsh(folder: string, hosts: readonly SshHost[]): Promise<string> {
  const config = join(folder, 'ssh_config');
  const known = await Promise.all(hosts.map(({ sshConfig }) => readFile(sshConfig, 'utf8')));
  await writeFile(config, known.join(''));
  const ssh = join(folder, 'ssh');
  await writeFile(ssh, `#!/bin/sh\nexec ssh -F ${config} "$@"\n`);
  await chmod(ssh, 0o755);
  return ssh;
}
