// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { basename, join } from 'node:path';
import { cacheFolder, withLock } from './cache';
import { checkout, temporaryFolder } from './checkout';
import { ProcessGroup, run } from './processes';

export const vmKernels = ['5.10', '6.1', '6.12'] as const;
/** Those of Ubuntu 22.04 and 24.04 as released, and of later updates of 24.04. */
export const ubuntuKernels = ['ubuntu-5.15', 'ubuntu-6.8', 'ubuntu-6.17', 'ubuntu-7.0'] as const;
/** The newest build of a series, or the oldest one that Debian still has. */
export type VmKernel = (typeof vmKernels)[number] | '6.12-oldest' | (typeof ubuntuKernels)[number];
export type VmArch = 'amd64' | 'arm64';

export interface VmOptions {
  readonly kernel: VmKernel;
  /** Its name in the ssh configuration, `vm` when not given. */
  readonly name?: string;
  /** arm64 is to be had with 6.1 and 6.12. */
  readonly arch?: VmArch;
  /** Seconds after which the guest ends by itself, should nobody end it. */
  readonly lifeSeconds?: number;
  /** 256 MiB when not given: enough for the agent and a few connections. */
  readonly memoryMiB?: number;
  readonly cpus?: number;
}

/** A running test host: busybox, sshd, bpftool, cgroup2 at /sys/fs/cgroup, bpffs at /sys/fs/bpf; all in RAM. */
export interface Vm {
  /** File for `ssh -F`, which knows `host` and `userHost`. */
  readonly sshConfig: string;
  /** root */
  readonly host: string;
  /** uid 1000, without any right and without sudo */
  readonly userHost: string;
  readonly port: number;
  /** Kernel release, as `uname -r`. */
  readonly release: string;
  /** What a shell command prints there to its standard output, as root or as `host`; throws when it fails. */
  run(command: string, options?: { readonly input?: Uint8Array; readonly host?: string }): Promise<string>;
  /** Pulls the network cable: connections hang as they do when a link is cut. */
  cut(): Promise<void>;
  /** Plugs it in again. */
  restore(): Promise<void>;
  /** What the guest wrote to its console. */
  console(): string;
  stop(): Promise<void>;
}

const script = join(checkout, 'test', 'rig', 'guest', 'vm.sh');
const bootLimitMs = 90_000;

/** Environment of vm.sh; the image's name changes with the scripts that make it. */
async function environment(options: VmOptions): Promise<NodeJS.ProcessEnv & { VM: string; IMAGE: string }> {
  const { kernel, arch = 'amd64', lifeSeconds = 1800, memoryMiB = 256, cpus = 1 } = options;
  const hash = createHash('sha256');
  for (const file of ['vm.sh', 'ubuntu.list', 'init.sh'])
    hash.update(await readFile(join(script, '..', file)));
  const folder = join(cacheFolder(), 'vm');
  const image = join(folder, `${kernel}-${arch}-${hash.digest('hex').slice(0, 12)}.cpio`);
  return {
    ...process.env,
    VM: folder,
    IMAGE: image,
    KERNEL: kernel,
    ARCH: arch,
    LIFE: String(lifeSeconds),
    MEM: String(memoryMiB),
    CPUS: String(cpus),
  };
}

/** Downloads and builds what a test host needs, once; concurrent callers wait for each other. */
export async function prepareVm(options: VmOptions): Promise<void> {
  const env = await environment(options);
  if (existsSync(env.IMAGE)) return;
  await mkdir(env.VM, { recursive: true });
  await withLock(join(env.VM, 'lock'), async () => {
    if (existsSync(env.IMAGE)) return;
    await run(script, ['prepare'], { env, label: `preparing a test host with kernel ${options.kernel}` });
    const [series = ''] = basename(env.IMAGE).split(/(?<=-(?:amd64|arm64)-)/);
    for (const file of await readdir(env.VM)) {
      if (file.startsWith(series) && file !== basename(env.IMAGE))
        await rm(join(env.VM, file), { force: true });
    }
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}

interface SshNames {
  readonly host: string;
  readonly userHost: string;
}

async function writeSshConfig(
  folder: string,
  vm: string,
  port: number,
  { host, userHost }: SshNames,
): Promise<string> {
  const [type, key] = (await readFile(join(vm, 'hostkey.pub'), 'utf8')).split(' ');
  const knownHosts = join(folder, 'known_hosts');
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${type ?? ''} ${key ?? ''}\n`);
  const config = join(folder, 'ssh_config');
  const lines = [
    `Host ${userHost}`,
    '  User user',
    `Host ${host} ${userHost}`,
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    '  User root',
    `  IdentityFile ${join(vm, 'id')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${knownHosts}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  PreferredAuthentications publickey',
    '  BatchMode yes',
    '  ConnectTimeout 20',
    '  LogLevel ERROR',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return config;
}

/** Waits for the guest's word that its sshd listens: QEMU itself accepts connections long before. */
function releaseOf(child: ChildProcess, console: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the test host did not boot within ${bootLimitMs / 1000} s:\n${console()}`));
    }, bootLimitMs);
    child.stdout?.on('data', () => {
      const ready = /VM-READY (\S+)\s/.exec(console());
      if (ready?.[1] === undefined) return;
      clearTimeout(timer);
      resolve(ready[1]);
    });
    child.on('exit', () => {
      clearTimeout(timer);
      reject(new BootError(`QEMU ended:\n${console()}`));
    });
    child.on('error', error => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** Gives QEMU's monitor one command and waits for its next prompt. */
function monitor(path: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error(`QEMU's monitor does not answer to ${command}`)));
    socket.setEncoding('utf8').on('data', (data: string) => {
      const prompts = (text += data).split('(qemu) ').length - 1;
      if (prompts === 1 && !text.includes(command)) socket.write(`${command}\n`);
      if (prompts >= 2) {
        socket.end();
        resolve();
      }
    });
    socket.on('error', reject);
  });
}

/** A boot that failed for a reason that the next one may not have. */
class BootError extends Error {}

async function boot(env: NodeJS.ProcessEnv & { VM: string }, host: string): Promise<Vm> {
  const names = { host, userHost: `${host}-user` };
  const folder = await temporaryFolder('vm');
  const group = new ProcessGroup();
  const stop = async (): Promise<void> => {
    await group.stop();
    await folder.remove();
  };
  try {
    const port = await freePort();
    const sshConfig = await writeSshConfig(folder.path, env.VM, port, names);
    const child = group.spawn(script, ['run', String(port), folder.path], { env });
    let output = '';
    const keep = (text: string): void => {
      output = (output + text).slice(-20_000);
    };
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    const release = await releaseOf(child, () => output);
    const link = (state: string): Promise<void> =>
      monitor(join(folder.path, 'monitor'), `set_link n0 ${state}`);
    return {
      sshConfig,
      ...names,
      port,
      release,
      run: (command, { input, host = names.host } = {}) =>
        run('ssh', ['-T', '-F', sshConfig, host, command], {
          label: command,
          ...(input === undefined ? {} : { input }),
        }),
      cut: () => link('off'),
      restore: () => link('on'),
      console: () => output,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const bootAttempts = 3;

/**
 * Boots a test host (some seconds once prepared) and returns when its sshd listens. A boot is tried again when
 * QEMU ends early: somebody took the port meanwhile, or its emulation made the guest's kernel crash.
 */
export async function startVm(options: VmOptions): Promise<Vm> {
  await prepareVm(options);
  const env = await environment(options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await boot(env, options.name ?? 'vm');
    } catch (error) {
      if (!(error instanceof BootError) || attempt === bootAttempts) throw error;
    }
  }
}
