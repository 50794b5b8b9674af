// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinNotes } from '../../../extension/core/clangDiagnostics';
import { createBuilder } from '../../../extension/host';
import type { BuildRequest } from '../../../extension/host/api';
import { descendants, problemOf, silent, until } from '../../support/hosts';

let folder: string;
const builder = createBuilder({ logger: silent });

const PROGRAM = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("sk_msg")
int verdict(struct sk_msg_md *msg)
{
	return VERDICT;
}
char _license[] SEC("license") = "GPL";
`;

async function request(source: string, more: Partial<BuildRequest> = {}): Promise<BuildRequest> {
  const file = join(folder, 'src', 'test prog.bpf.c');
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(file, source);
  const output = join(folder, 'out', 'test.bpf.o');
  return { source: file, output, clang: 'clang', flags: [], includeDirs: [], ...more };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sockmap-test-build-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('building with the clang of this machine', () => {
  test('makes a BPF object with BTF, with the flags and include folders', async () => {
    await mkdir(join(folder, 'inc'));
    await writeFile(join(folder, 'inc', 'v.h'), '#define VERDICT FLAG\n');
    const built = await builder.build(
      await request(`#include "v.h"\n${PROGRAM}`, {
        includeDirs: [join(folder, 'inc')],
        flags: ['-DFLAG=SK_PASS'],
      }),
    );
    expect(built).toMatchObject({ ok: true, diagnostics: [], output: '' });
    const object = await readFile(built.object);
    expect(object.subarray(0, 4).toString('latin1')).toBe('\u007fELF');
    // e_machine: EM_BPF, see include/uapi/linux/elf-em.h
    expect(object.readUInt16LE(18)).toBe(247);
    expect(object.includes('.BTF')).toBe(true);
  });

  test('reports what does not compile and keeps the object of before', async () => {
    const good = await request(PROGRAM, { flags: ['-DVERDICT=SK_PASS'] });
    await builder.build(good);
    const before = await readFile(good.output);
    const built = await builder.build(await request(PROGRAM));
    expect(built.ok).toBe(false);
    expect(built.diagnostics).toContainEqual(
      expect.objectContaining({ file: good.source, line: 6, column: 9, severity: 'error' }),
    );
    expect(built.output).toContain('VERDICT');
    expect(await readFile(good.output)).toEqual(before);
    expect(await readdir(join(folder, 'out'))).toEqual(['test.bpf.o']);
  });

  test('reports a header that is missing also where it is included', async () => {
    await mkdir(join(folder, 'src'));
    await writeFile(join(folder, 'src', 'a.h'), '\n#include "nope.h"\n');
    const { source, ...rest } = await request(`#include "a.h"\n${PROGRAM}`);
    const { diagnostics } = await builder.build({ source, ...rest });
    expect(diagnostics.map(({ file, line, severity }) => [file, line, severity])).toEqual([
      [join(folder, 'src', 'a.h'), 2, 'error'],
      [source, 1, 'note'],
    ]);
  });

  test('each complaint keeps its notes, also one that another has', async () => {
    const { source, ...rest } = await request(
      `#define BAD missing\nint f(void) { return BAD; }\nint g(void) { return BAD; }\n`,
    );
    const { diagnostics } = await builder.build({ source, ...rest });
    expect(joinNotes(diagnostics)).toMatchObject(
      [2, 3].map(line => ({ file: source, line, severity: 'error', notes: [{ line: 1, severity: 'note' }] })),
    );
  });

  test('a flag that clang does not know is an error at the source', async () => {
    const built = await builder.build(await request(PROGRAM, { flags: ['-DVERDICT=1', '-fnope'] }));
    expect(built.ok).toBe(false);
    expect(built.diagnostics[0]).toMatchObject({
      line: 1,
      severity: 'error',
      message: expect.stringContaining('-fnope') as string,
    });
  });

  test('cancelling ends clang and leaves nothing', async () => {
    const slow = `#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(A(x)))))\nint f(int a) { B(B(a++;)) return a; }\n`;
    const controller = new AbortController();
    const result = problemOf(builder.build(await request(slow), controller.signal));
    const compilers = async () =>
      (await descendants()).filter(({ command }) => command.includes('test prog.bpf.c'));
    await until('clang runs', async () => (await compilers()).length > 0);
    controller.abort();
    expect((await result).code).toBe('cancelled');
    expect(await compilers()).toEqual([]);
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });
});

describe('without a usable clang', () => {
  const noPath = { ...process.env, PATH: '/nonexistent' };

  test('the problem says what to do', async () => {
    const problem = await problemOf(
      createBuilder({ logger: silent, env: noPath }).build(await request(PROGRAM)),
    );
    expect(problem.code).toBe('clangMissing');
    expect(problem.action).toMatch(/Install clang/);
  });

  test('a configured path that is wrong is named, and no other clang is taken', async () => {
    const problem = await problemOf(builder.build(await request(PROGRAM, { clang: '/nonexistent/clang' })));
    expect(problem).toMatchObject({
      code: 'clangMissing',
      message: 'There is no clang at /nonexistent/clang.',
    });
  });

  test('a clang without the BPF target counts as none', async () => {
    const fake = join(folder, 'clang');
    const complaint = `error: unable to create target: 'No available targets are compatible with triple "bpf"'`;
    await writeFile(fake, `#!/bin/sh\necho "${complaint.replaceAll('"', '\\"')}" >&2\nexit 1\n`, {
      mode: 0o755,
    });
    expect((await problemOf(builder.build(await request(PROGRAM, { clang: fake })))).code).toBe(
      'clangMissing',
    );
  });

  test('there must be a source', async () => {
    const missing = await request(PROGRAM, { source: join(folder, 'nope.bpf.c') });
    expect((await problemOf(builder.build(missing))).message).toContain('nope.bpf.c');
  });
});
