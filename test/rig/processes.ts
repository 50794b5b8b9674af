// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunOptions {
  /** For its standard input. */
  readonly input?: Uint8Array;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What the error names when the command fails; default: the command line. */
  readonly label?: string;
  readonly signal?: AbortSignal;
}

const tail = (text: string): string => text.trim().split('\n').slice(-15).join('\n');

/** Runs a command to its end and returns its standard output; a failure carries the end of what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const label = options.label ?? [command, ...args].join(' ');
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // One that ends without reading all of it says why by its status.
  child.stdin.on('error', () => undefined).end(options.input);
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', error => {
      reject(new Error(`${label} failed: ${error.message}`));
    });
    child.on('close', status => {
      resolve(status ?? 1);
    });
  });
  if (code !== 0) throw new Error(`${label} failed with exit code ${code}:\n${tail(errors || output)}`);
  return output;
}

export interface GroupSpawnOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly output?: 'pipe' | 'inherit';
}

/**
 * Long-lived children, each in a process group of its own that ends with us: on `stop()`, on exit, and on
 * SIGINT, SIGTERM and SIGHUP.
 */
export class ProcessGroup {
  readonly #children = new Set<ChildProcess>();
  readonly #onExit = (): void => {
    for (const child of this.#children) signalGroup(child, 'SIGKILL');
  };
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#onExit();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };

  /** Starts a child whose output is piped to us, or goes straight to the terminal. */
  spawn(command: string, args: readonly string[], options: GroupSpawnOptions = {}): ChildProcess {
    if (this.#children.size === 0) this.#listen();
    const { cwd, env = process.env, output = 'pipe' } = options;
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    this.#children.add(child);
    return child;
  }

  /** Ends every child: SIGTERM, and SIGKILL for a group that is still there after two seconds. */
  async stop(): Promise<void> {
    await Promise.all([...this.#children].map(endGroup));
    this.#children.clear();
    process.off('exit', this.#onExit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#onSignal);
  }

  #listen(): void {
    process.on('exit', this.#onExit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#onSignal);
  }
}

/** Signals a child's process group; false when nothing of it is left. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, signal);
    return true;
  } catch {
    return false;
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  const ended =
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  if (signalGroup(child, 'SIGTERM')) {
    await Promise.race([ended, delay(2_000)]);
    signalGroup(child, 'SIGKILL');
  }
  if (child.pid !== undefined) await ended;
}
