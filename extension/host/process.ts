// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { onAbort } from './abort';

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Aborting kills the process and what it started. */
  readonly signal?: AbortSignal;
  /** How much of the end of stderr is kept, default 16 KiB. */
  readonly stderrLimit?: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The program could not be started; `errno` is e.g. ENOENT or EACCES. */
export class StartError extends Error {
  constructor(
    readonly command: string,
    readonly errno: string,
    options?: { cause?: unknown },
  ) {
    super(`${command} could not be started (${errno})`, options);
    this.name = 'StartError';
  }
}

const STDERR_TAIL_BYTES = 16 * 1024;
/** A grandchild may hold the pipes open (ssh's ControlPersist master): do not wait longer for them. */
const PIPE_DRAIN_MS = 250;
const posix = process.platform !== 'win32';

/** A child in a process group of its own, started without a shell. */
export class ManagedProcess {
  readonly exited: Promise<ProcessExit>;
  #exit: ProcessExit | undefined;
  #stderr = Buffer.alloc(0);
  readonly #child: ChildProcessWithoutNullStreams;

  private constructor(child: ChildProcessWithoutNullStreams, { signal, stderrLimit }: ProcessOptions) {
    this.#child = child;
    const limit = stderrLimit ?? STDERR_TAIL_BYTES;
    const aborting = onAbort(signal, () => {
      this.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-limit);
    });
    // EPIPE and the like: the exit tells more.
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      stream.on('error', () => undefined);
    }
    child.on('error', () => undefined);
    this.exited = new Promise(resolve => {
      const finish = () => {
        child.stdin.destroy();
        child.stdout.destroy();
        child.stderr.destroy();
        resolve(this.#exit ?? { code: null, signal: null });
      };
      child.once('exit', (code, exitSignal) => {
        this.#exit = { code, signal: exitSignal };
        aborting.dispose();
        const timer = setTimeout(finish, PIPE_DRAIN_MS);
        child.once('close', () => {
          clearTimeout(timer);
          finish();
        });
      });
    });
  }

  /** Rejects with a StartError. */
  static start(options: ProcessOptions): Promise<ManagedProcess> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        const errno =
          error instanceof Error && 'code' in error && typeof error.code === 'string'
            ? error.code
            : 'unknown';
        reject(new StartError(options.command, errno, { cause: error }));
      };
      let child: ChildProcessWithoutNullStreams;
      try {
        child = spawn(options.command, options.args, {
          stdio: 'pipe',
          detached: posix,
          windowsHide: true,
          ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
          ...(options.env === undefined ? {} : { env: options.env }),
        });
      } catch (error) {
        failed(error);
        return;
      }
      child.once('error', failed);
      child.once('spawn', () => {
        child.off('error', failed);
        resolve(new ManagedProcess(child, options));
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  /** Its end, see {@link ProcessOptions.stderrLimit}. */
  get stderr(): string {
    return this.#stderr.toString('utf8');
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  /** Signals the whole group. A child that runs as root through sudo cannot be signalled; closing stdin ends it. */
  kill(signal: NodeJS.Signals): void {
    const pid = this.#child.pid;
    if (this.#exit !== undefined || pid === undefined) {
      return;
    }
    try {
      if (posix) {
        process.kill(-pid, signal);
      } else {
        this.#child.kill(signal);
      }
    } catch {
      // Gone between the check and the call, or not ours to signal.
    }
  }

  /** Asks by closing stdin, then SIGTERM, then SIGKILL, `graceMs` apart. */
  async end(graceMs = 2_000): Promise<ProcessExit> {
    this.#child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.#exitsWithin(graceMs)) {
        break;
      }
      this.kill(signal);
    }
    await this.#exitsWithin(graceMs);
    return this.#exit ?? { code: null, signal: null };
  }

  async #exitsWithin(delayMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>(resolve => {
      timer = setTimeout(() => resolve(false), delayMs);
    });
    const done = await Promise.race([this.exited.then(() => true as const), late]);
    clearTimeout(timer);
    return done;
  }
}

export interface RunResult extends ProcessExit {
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions extends ProcessOptions {
  readonly input?: Uint8Array;
  /** More output than this kills the process; default 64 MiB. */
  readonly maxStdoutBytes?: number;
}

/** Runs to the end and collects stdout; a StartError when it cannot be started. */
export async function run(options: RunOptions): Promise<RunResult> {
  const child = await ManagedProcess.start(options);
  const limit = options.maxStdoutBytes ?? 64 * 1024 * 1024;
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) {
      child.kill('SIGKILL');
    } else {
      chunks.push(chunk);
    }
  });
  child.stdin.end(options.input);
  const exit = await child.exited;
  return { ...exit, stdout: Buffer.concat(chunks), stderr: child.stderr };
}
