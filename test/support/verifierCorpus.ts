// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { copyFile, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { NO_REASON, VerifierLog } from '../../extension/core/verifierLog';

const run = promisify(execFile);
const root = new URL('../..', import.meta.url).pathname;
const agent = join(root, 'dist/agent/x86_64/sockmap-agent');

export const LEVELS = [1, 2, 4] as const;
export type Level = (typeof LEVELS)[number];

/** What the agent's `verify` says of a program. */
export interface Verified {
  readonly name: string;
  readonly ok: boolean;
  readonly log: string;
}

/** A program's log at one level, with the object that it came from. */
export interface CorpusLog extends Verified {
  readonly object: string;
  readonly level: Level;
}

/** Made to keep the verifier busy, or to make it write 25 MB: they have tests of their own. */
const LONG = ['too_complex.bpf.c', 'complexity.bpf.c', 'slow.bpf.o', 'busy.bpf.o', 'long_log.bpf.o'];

/**
 * Compiles the fixtures for the verifier into a folder, and copies the build's objects there. Those of
 * test/fixtures/verifier/explain are judged at level 1 by a test of their own, so that only the long run adds them.
 */
export async function corpusObjects(folder: string, withExplained: boolean): Promise<string[]> {
  const found = await readdir(join(root, 'test/fixtures/verifier'), { recursive: true });
  const sources = found
    .filter(name => name.endsWith('.bpf.c') && !LONG.includes(basename(name)))
    .filter(name => withExplained || !name.startsWith('explain/'))
    .sort();
  const compiled: string[] = [];
  for (const source of sources) {
    const object = join(folder, `${source.replaceAll('/', '_').slice(0, -2)}.o`);
    const cpu = source.includes('atomics') ? 'v3' : 'v2';
    const flags = [
      '-g',
      '-O2',
      '-target',
      'bpf',
      `-mcpu=${cpu}`,
      '-idirafter',
      '/usr/include/x86_64-linux-gnu',
    ];
    await run('clang', [...flags, '-c', join(root, 'test/fixtures/verifier', source), '-o', object]);
    compiled.push(object);
  }
  for (const place of ['dist/bpf', 'out/agent/bpf', 'out/test/bpf'])
    for (const name of (await readdir(join(root, place)).catch(() => [])).sort()) {
      if (!name.endsWith('.bpf.o') || LONG.includes(name)) continue;
      const object = join(folder, `${place.replaceAll('/', '_')}_${name}`);
      await copyFile(join(root, place, name), object);
      compiled.push(object);
    }
  return compiled;
}

/** Reads what `verify --json` printed; a refused program ends it with a status but not without its rows. */
export function readVerified(said: string, object: string, level: Level): CorpusLog[] {
  if (!said.trimStart().startsWith('{')) return [];
  const { programs } = JSON.parse(said) as { programs?: readonly Verified[] };
  return (programs ?? []).map(program => ({ ...program, object: basename(object), level }));
}

const verify = (object: string, level: Level): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = ['verify', '--json', '--log-level', String(level), object];
    execFile(agent, args, { maxBuffer: 1 << 29 }, (error, stdout) => {
      // An object without programs, or one that cannot be read, is answered on stderr.
      if (error && typeof error.code !== 'number') reject(new Error(error.message));
      else resolve(stdout);
    });
  });

/** The logs of the running kernel for the objects that {@link corpusObjects} puts into a folder. */
export async function corpusLogs(folder: string, withExplained: boolean): Promise<CorpusLog[]> {
  const logs: CorpusLog[] = [];
  for (const object of await corpusObjects(folder, withExplained))
    for (const level of LEVELS) logs.push(...readVerified(await verify(object, level), object, level));
  return logs;
}

/** Iterators over maps, which some hosts refuse by policy after the verifier accepted them: no log tells of it. */
const REFUSED_ELSEWHERE = ['sma_peers', 'sma_sockets'];

export interface CorpusSummary {
  programs: number;
  logs: number;
  /** Programs that were refused before the verifier wrote a word. */
  silent: number;
  /** Logs of refused programs that hold instructions but no line of C. */
  sourceless: number;
  refused: number;
  readonly unrecognized: string[];
  readonly withoutError: string[];
  readonly withoutSource: string[];
}

/** Libbpf's own words stand where the kernel gave no log. */
const isVerifierLog = (log: string): boolean => /^processed \d+ insns|^\d+: \([0-9a-f]{2}\)/m.test(log);

/** What the parser makes of the logs; a refused program must have an error, and a C line where one is printed. */
export function summarize(logs: readonly CorpusLog[]): CorpusSummary {
  const summary: CorpusSummary = {
    programs: new Set(logs.map(({ object, name }) => `${object} ${name}`)).size,
    logs: logs.length,
    silent: 0,
    sourceless: 0,
    refused: 0,
    unrecognized: [],
    withoutError: [],
    withoutSource: [],
  };
  /** Programs that the kernel refused without a message: at level 4 only statistics are left. */
  const wordless = new Set<string>();
  for (const { object, name, level, ok, log } of logs) {
    const parsed = VerifierLog.parse(log);
    const place = `${object} ${name} level ${level}`;
    for (const line of parsed.unrecognized) summary.unrecognized.push(`${place}: ${parsed.text(line)}`);
    if (ok) continue;
    if (!isVerifierLog(log) || REFUSED_ELSEWHERE.includes(name)) {
      summary.silent++;
      continue;
    }
    summary.refused++;
    const failure = parsed.failure();
    if (failure?.message === NO_REASON) wordless.add(`${object} ${name}`);
    if (failure === undefined && level === 4 && wordless.has(`${object} ${name}`)) summary.silent++;
    else if (failure === undefined) summary.withoutError.push(place);
    // Level 4 prints no instructions, and a kernel that cannot read an object's BTF prints no C lines at all.
    else if (failure.insnLine !== undefined && failure.source === undefined)
      if (/^; /m.test(log)) summary.withoutSource.push(place);
      else summary.sourceless++;
  }
  return summary;
}
