// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { showSpread, showTable, spread } from './statistics';

/**
 * Our parser against bpfvv's `processRawLines`, on one log of a real program: 6,000 rounds of a loop, level 2, some
 * 380,000 lines and 25 MB. Each run is a process of its own, in turn, so that memory is measured from a clean start.
 *
 *   BPFVV=/path/to/a/checkout/of/bpfvv npx tsx test/bench/verifierLog.bench.ts
 */
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const root = new URL('../..', import.meta.url).pathname;

interface Run {
  readonly milliseconds: number;
  /** Memory that the parsed log holds, the text included where it is kept. */
  readonly megabytes: number;
  readonly lines: number;
}

/** Both measure from the file's bytes in memory; theirs takes lines, so splitting is part of its work. */
const OURS = (log: string): string => `
import { VerifierLog } from '${join(root, 'extension/core/verifierLog/index')}';
import { measure } from './measure';
measure(() => VerifierLog.parse(globalThis.data), parsed => parsed.lineCount, ${JSON.stringify(log)});
`;

const THEIRS = (log: string, bpfvv: string): string => `
import { processRawLines } from '${join(bpfvv, 'src/analyzer')}';
import { measure } from './measure';
measure(() => processRawLines(globalThis.data.toString('latin1').split('\\n')), parsed => parsed.lines.length, ${JSON.stringify(log)});
`;

const MEASURE = `
import { readFileSync } from 'node:fs';
export function measure(parse, count, file) {
  globalThis.gc();
  const before = process.memoryUsage();
  globalThis.data = readFileSync(file);
  const start = performance.now();
  globalThis.kept = parse();
  const milliseconds = performance.now() - start;
  globalThis.data = undefined;
  globalThis.gc();
  const after = process.memoryUsage();
  const used = m => m.heapUsed + m.arrayBuffers;
  console.log(JSON.stringify({ milliseconds, megabytes: (used(after) - used(before)) / 1e6, lines: count(globalThis.kept) }));
}
`;

/** A log of the real kernel, made now. */
function makeLog(folder: string): string {
  const object = join(folder, 'too_complex.bpf.o');
  const source = join(root, 'test/fixtures/verifier/too_complex.bpf.c');
  const include = ['-idirafter', '/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', ['-g', '-O2', '-target', 'bpf', ...include, '-c', source, '-o', object]);
  const agent = join(root, 'dist/agent/x86_64/sockmap-agent');
  let said: string;
  try {
    said = execFileSync(agent, ['verify', '--json', '--log-level', '2', object], {
      maxBuffer: 1 << 28,
    }).toString();
  } catch (error) {
    // A refused program ends with a status; its log is on stdout all the same.
    said = String(error instanceof Error && 'stdout' in error ? error.stdout : '');
  }
  const result = JSON.parse(said) as { programs: { log: string }[] };
  const log = join(folder, 'big.log');
  writeFileSync(log, result.programs[0]?.log ?? '');
  return log;
}

async function bundle(folder: string, name: string, code: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  writeFileSync(join(folder, 'measure.js'), MEASURE);
  await build({
    stdin: { contents: code, resolveDir: folder, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    jsx: 'automatic',
    external: ['react', 'react-dom', 'react/*', 'react-window'],
    logLevel: 'error',
  });
  return outfile;
}

const run = (script: string): Run =>
  JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', '--max-old-space-size=4096', script]).toString(),
  ) as Run;

const folder = mkdtempSync(join(tmpdir(), 'sockmap-bench-'));
try {
  const log = makeLog(folder);
  const ours = await bundle(folder, 'ours', OURS(log));
  const bpfvv = process.env['BPFVV'];
  const peer = bpfvv !== undefined && existsSync(join(bpfvv, 'src/analyzer.ts')) ? bpfvv : undefined;
  const theirs = peer === undefined ? undefined : await bundle(folder, 'theirs', THEIRS(log, peer));
  const results: { ours: Run; theirs: Run | undefined }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    results.push({ ours: run(ours), theirs: theirs === undefined ? undefined : run(theirs) });
  const bytes = readFileSync(log).length;
  console.log(
    `${(bytes / 1e6).toFixed(1)} MB, ${results[0]?.ours.lines ?? 0} lines, ${ROUNDS} rounds in turn`,
  );
  const column = (pick: (run: Run) => number, who: 'ours' | 'theirs'): string => {
    const values = results.map(r => r[who]).filter(r => r !== undefined);
    return values.length === 0 ? '-' : showSpread(spread(values.map(pick)));
  };
  const ratio = (pick: (run: Run) => number): string =>
    theirs === undefined
      ? '-'
      : showSpread(spread(results.map(r => pick(r.theirs ?? r.ours) / pick(r.ours))));
  const row = (name: string, pick: (run: Run) => number): string[] => [
    name,
    column(pick, 'ours'),
    column(pick, 'theirs'),
    ratio(pick),
  ];
  const rows = [row('time, ms', r => r.milliseconds), row('memory, MB', r => r.megabytes)];
  console.log(showTable(['', 'ours', 'bpfvv', 'bpfvv / ours'], rows));
  if (peer === undefined)
    console.log(
      'bpfvv was not measured: set BPFVV to a checkout of github.com/libbpf/bpfvv to compare with it.',
    );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
