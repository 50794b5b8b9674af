// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../extension/host/api';
import { isCancellation } from '../../../extension/ui/errors';
import { RunRecorder } from '../../../extension/ui/runs/recorder';
import { RunStore } from '../../../extension/ui/runs/runStore';
import { digest, namedSources, readSources, readSourcesOf } from '../../../extension/ui/runs/sourceFiles';

const ignore = (): void => undefined;
const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
const turns = { now: () => performance.now(), pause: () => Promise.resolve() };

let top: string;
let source: string;
const include = (): string[] => [join(top, 'include')];

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'sockmap-recorder-'));
  source = join(top, 'a.bpf.c');
  await mkdir(join(top, 'include'));
  await writeFile(source, '#include "a.h"\n#include <b.h>\n#include <stdio.h>\nint v;\n');
  await writeFile(join(top, 'a.h'), '#include <c.h>\n');
  for (const name of ['b.h', 'c.h']) await writeFile(join(top, 'include', name), `/* ${name} */\n`);
});
afterEach(() => rm(top, { recursive: true, force: true }));

describe('the sources of an object', () => {
  const names = (sources: readonly { path: string }[]): string[] =>
    sources.map(({ path }) => path.slice(top.length + 1));

  it('are the source and the headers that the compiler finds; a run has those that its log names', async () => {
    const all = await readSources(source, include());
    expect(names(all)).toEqual(['a.bpf.c', 'a.h', 'include/b.h', 'include/c.h']);
    expect(names(namedSources(all, [undefined, 'c.h', 'stdio.h', 'a.bpf.c']))).toEqual([
      'a.bpf.c',
      'include/c.h',
    ]);
    expect(namedSources([], ['c.h'])).toEqual([]);
    expect(await readSources(join(top, 'none.bpf.c'), include())).toEqual([]);
  });

  it('are the same on the disk and in an editor, which has no mark at the start and one kind of line ends', async () => {
    await writeFile(source, '\uFEFFint a;\r\nint b;\nint c;\rint d;\n');
    const [{ sha256 } = {}] = await readSources(source, []);
    const lines = ['int a;', 'int b;', 'int c;', 'int d;', ''];
    expect(sha256).toBe(digest(lines.join('\r\n')));
    expect(sha256).toBe(digest(lines.join('\n')));
    expect(sha256).not.toBe(digest(lines.slice(1).join('\n')));
  });

  it('that another compiler made are not those that changed since', async () => {
    const object = join(top, 'a.bpf.o');
    await writeFile(object, '');
    const at = (path: string, seconds: number) => utimes(join(top, path), seconds, seconds);
    const found = async () => names(await readSourcesOf(object, include));
    for (const path of ['a.bpf.c', 'a.h', 'include/b.h', 'include/c.h']) await at(path, 1000);
    await at('a.bpf.o', 2000);
    expect(await found()).toHaveLength(4);
    await at('include/b.h', 3000);
    expect(await found()).toEqual(['a.bpf.c', 'a.h', 'include/c.h']);
    await at('a.bpf.c', 3000);
    expect(await found()).toEqual([]);
    await rm(source);
    expect(await found()).toEqual([]);
  });
});

describe('a verdict', () => {
  // The recorder asks for nothing else of a host.
  const host = { definition: { id: 'local', label: 'Local' }, state: { kind: 'idle' } } as unknown as Host;
  const judged = (log: string) => ({
    ...{ host, target: source, object: 'a.bpf.o', logLevel: 2 },
    programs: [{ name: 'first', ok: true, error: null, log }],
  });
  const open = () => new RunStore({ folder: join(top, 'runs'), logger, keep: () => 10 });

  it('is of the sources as they were before the compiler ran, whatever was saved since', async () => {
    const store = open();
    const sources = await readSources(source, include());
    const before = digest('#include "a.h"\n#include <b.h>\n#include <stdio.h>\nint v;\n');
    await writeFile(source, 'int other;\n');
    const recorder = new RunRecorder(store, { logger, turns });
    const log = '; int v; @ a.bpf.c:4\n0: (b7) r0 = 1\n; x @ b.h:1\n1: (95) exit\n';
    const [run] = await recorder.record({ ...judged(log), sources }, new AbortController().signal);
    expect(run?.sources.map(({ path }) => path)).toEqual([source, join(top, 'include', 'b.h')]);
    expect(run?.sources[0]?.sha256).toBe(before);
    await store.settled;
  });

  it('that nobody waits for any more is not kept', async () => {
    const store = open();
    const recorder = new RunRecorder(store, { logger, turns });
    const given = recorder.record({ ...judged('0: (95) exit\n'), sources: [] }, AbortSignal.abort());
    await expect(given).rejects.toSatisfy(isCancellation);
    await store.settled;
    expect(store.runs.all).toEqual([]);
  });
});
