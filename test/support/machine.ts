// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { access, mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';

export type MachineArch = 'x86_64' | 'aarch64';

/** A process that runs on a machine. */
export interface MachineProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Its exit code, 1 when a signal ended it; rejected when it cannot be started. */
  readonly ended: Promise<number>;
  /** Sends a signal; nothing when it has ended. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** What a removal of a folder came to; `busy` is a cgroup's answer while processes are in it. */
export type Removal = 'removed' | 'absent' | 'busy';

/** Where a test's kernel is: the machine that the tests run on, or a virtual one. Paths are the machine's. */
export interface Machine {
  readonly arch: MachineArch;
  /** How many times slower than a machine of today it is: divides counts, multiplies times. */
  readonly slowness: number;
  /** Within which one look at the datapath is over: connections that it is to see are held open that long. */
  readonly lookSeconds: number;
  spawn(command: string, args: readonly string[]): MachineProcess;
  /** Brings a file of ours there, with its mode; its path there. */
  deliver(path: string): Promise<string>;
  exists(path: string): Promise<boolean>;
  read(path: string): Promise<string>;
  /** Names in a folder. */
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  /** An empty folder or a cgroup. */
  removeFolder(path: string): Promise<Removal>;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, whatever its exit code. */
export async function execute(machine: Machine, command: string, ...args: string[]): Promise<Output> {
  const child = machine.spawn(command, args);
  let stdout = '';
  let stderr = '';
  child.stdin.end();
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { code: await child.ended, stdout, stderr };
}

/** Runs a command and returns its standard output; a failure carries what it printed. */
export async function runOn(machine: Machine, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(machine, command, ...args);
  if (code === 0) return stdout;
  const said = (stderr || stdout).trim();
  throw new Error(`${[command, ...args].join(' ')} failed with exit code ${String(code)}:\n${said}`);
}

/** Starts a process of this machine; `ended` settles when its output has been read as well. */
export function spawnHere(command: string, args: readonly string[]): MachineProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  /* What is written to one that has ended is of no interest. */
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', error => {
      reject(new Error(`cannot run ${command}: ${error.message}`));
    });
    child.on('close', code => {
      resolve(code ?? 1);
    });
  });
  ended.catch(() => undefined);
  const { stdin, stdout, stderr } = child;
  return {
    stdin,
    stdout,
    stderr,
    ended,
    kill: signal => {
      child.kill(signal);
      return Promise.resolve();
    },
  };
}

const errorCode = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** The machine that this process runs on. */
export const here: Machine = {
  arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  slowness: 1,
  lookSeconds: 1,
  spawn: spawnHere,
  deliver: path => Promise.resolve(path),
  exists: path =>
    access(path).then(
      () => true,
      () => false,
    ),
  read: path => readFile(path, 'utf8'),
  list: folder => readdir(folder),
  makeFolder: path => mkdir(path),
  removeFolder: async path => {
    try {
      await rmdir(path);
      return 'removed';
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'absent';
      if (errorCode(error) === 'EBUSY') return 'busy';
      throw error;
    }
  },
};
