// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SshTarget } from '../../extension/core/ssh';
import { until } from '../support/hosts';

const exec = promisify(execFile);

export interface SshdOptions {
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
  /** Content of the login shell's ~/.bashrc. */
  readonly bashrc?: string;
}

/** A real sshd on loopback with keys, users' home and known_hosts of its own. */
export class Sshd {
  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly home: string,
    readonly target: SshTarget,
    private readonly child: ChildProcess,
  ) {}

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), 'sockmap-test-sshd-'));
    const home = join(folder, 'home');
    await chmod(folder, 0o755);
    await mkdir(home);
    await mkdir('/run/sshd', { recursive: true });
    const port = await freePort();
    await Promise.all(
      ['host_key', 'other_host_key', 'user_key', 'other_user_key'].map(name => makeKey(join(folder, name))),
    );
    await writeFile(join(home, '.bashrc'), options.bashrc ?? '');
    await writeFile(join(folder, 'authorized_keys'), await readFile(join(folder, 'user_key.pub')));
    await writeFile(
      join(folder, 'sshd_config'),
      [
        `Port ${String(port)}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${folder}/host_key`,
        `PidFile ${folder}/sshd.pid`,
        `AuthorizedKeysFile ${folder}/authorized_keys`,
        'PermitRootLogin prohibit-password',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'StrictModes no',
        'UsePAM no',
        'PrintMotd no',
        `SetEnv HOME=${home}`,
        ...(options.config ?? []),
        '',
      ].join('\n'),
    );
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
      stdio: 'ignore',
    });
    const target = { destination: 'loop', configFile: join(folder, 'ssh_config') };
    const sshd = new Sshd(folder, port, home, target, child);
    await sshd.knowHostKey('host_key');
    await sshd.writeClientConfig('user_key');
    await until('sshd listens', () => canConnect(port));
    return sshd;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) {
      throw new Error('sshd was not started.');
    }
    return pid;
  }

  /** Where the agents of this host are kept. */
  get cache(): string {
    return join(this.home, '.cache', 'sockmap');
  }

  async writeClientConfig(key: string, lines: readonly string[] = []): Promise<void> {
    const { folder, port } = this;
    const text = [
      ...lines,
      'Host loop jump',
      '  HostName 127.0.0.1',
      `  Port ${String(port)}`,
      'Host *',
      '  User root',
      `  IdentityFile ${folder}/${key}`,
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
      `  UserKnownHostsFile ${folder}/known_hosts`,
      '  GlobalKnownHostsFile /dev/null',
      '',
    ].join('\n');
    await writeFile(join(folder, 'ssh_config'), text, { mode: 0o600 });
  }

  async knowHostKey(key: string | undefined): Promise<void> {
    const line =
      key === undefined
        ? ''
        : `[127.0.0.1]:${String(this.port)} ${await readFile(join(this.folder, `${key}.pub`), 'utf8')}`;
    await writeFile(join(this.folder, 'known_hosts'), line);
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function makeKey(file: string): Promise<void> {
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'sockmap-test', '-f', file]);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) {
          resolve(address.port);
        } else {
          reject(new Error('No port.'));
        }
      });
    });
  });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
