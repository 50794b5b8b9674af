// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../../..', import.meta.url).pathname;
const fixtures = join(root, 'test/fixtures/verifier');
const agent = join(root, 'dist/agent/x86_64/sockmap-agent');

export type Level = 1 | 2 | 4;

/** One program as the running kernel judged it. */
export interface RealLog {
  readonly name: string;
  readonly level: Level;
  readonly ok: boolean;
  readonly log: string;
}

/** File of programs and the instruction set to compile it for. */
export const FIXTURES = [
  ['accepted', 'v2'],
  ['atomics', 'v3'],
  ['rejected', 'v2'],
] as const;

export const fixturePath = (name: string): string => join(fixtures, `${name}.bpf.c`);

interface Verified {
  readonly programs: readonly { readonly name: string; readonly ok: boolean; readonly log: string }[];
}

/** Compiles a fixture and lets the running kernel verify each of its programs at the levels. */
export async function captureLogs(name: string, cpu: string, levels: readonly Level[]): Promise<RealLog[]> {
  return captureSource(fixturePath(name), cpu, levels);
}

/** The same for a source anywhere. */
export async function captureSource(
  source: string,
  cpu: string,
  levels: readonly Level[],
): Promise<RealLog[]> {
  return compiled(source, cpu, async object => {
    const logs: RealLog[] = [];
    for (const level of levels) {
      const { programs } = JSON.parse(await verify(object, level)) as Verified;
      logs.push(...programs.map(({ name: program, ok, log }) => ({ name: program, level, ok, log })));
    }
    return logs;
  });
}

/** What bpftool prints when it loads a fixture's only program without CAP_PERFMON and CAP_SYS_ADMIN. */
export async function captureUnprivileged(name: string): Promise<string> {
  return compiled(fixturePath(name), 'v3', async (object, folder) => {
    const script =
      'mkdir "$1/bpf" && mount -t bpf bpf "$1/bpf" && ' +
      'exec setpriv --bounding-set -all,+bpf,+net_admin bpftool -d prog load "$2" "$1/bpf/program"';
    // The mount, and what an accepted program would leave in it, go with the namespace.
    return await run('unshare', ['-m', 'sh', '-c', script, 'sh', folder, object], {
      maxBuffer: 1 << 28,
    }).then(
      result => result.stderr,
      (error: unknown) => {
        if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string')
          return error.stderr;
        throw error;
      },
    );
  });
}

/** Compiles a source into a folder that is gone when the work is done. */
export async function compiled<T>(
  source: string,
  cpu: string,
  work: (object: string, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sockmap-verifier-'));
  try {
    const object = join(folder, 'object.bpf.o');
    const flags = [
      '-g',
      '-O2',
      '-target',
      'bpf',
      `-mcpu=${cpu}`,
      '-idirafter',
      '/usr/include/x86_64-linux-gnu',
    ];
    await run('clang', [...flags, '-c', source, '-o', object]);
    return await work(object, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The agent's status is 1 when a program was refused; what it found is on stdout either way. */
async function verify(object: string, level: Level): Promise<string> {
  const args = ['verify', '--json', '--log-level', String(level), object];
  return await run(agent, args, { maxBuffer: 1 << 28 }).then(
    result => result.stdout,
    (error: unknown) => {
      if (
        error instanceof Error &&
        'stdout' in error &&
        typeof error.stdout === 'string' &&
        error.stdout !== ''
      )
        return error.stdout;
      throw error;
    },
  );
}
