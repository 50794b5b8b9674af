// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBuilder } from '../../extension/host';
import { descendants, problemOf, silent, until } from '../support/hosts';
import { Sshd } from './sshd';

// A machine without clang: only ssh is found there.
let sshd: Sshd;
let folder: string;
let bin: string;

const PROGRAM = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "deep/flag.h"
SEC("sk_msg")
int verdict(struct sk_msg_md *msg)
{
	return VERDICT;
}
char _license[] SEC("license") = "GPL";
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sockmap-test it's remote-"));
  bin = join(folder, 'bin');
  await mkdir(bin);
  await mkdir(join(folder, 'src', 'deep'), { recursive: true });
  await mkdir(join(folder, 'inc'));
  await writeFile(join(folder, 'src', 'x.bpf.c'), PROGRAM);
  await writeFile(join(folder, 'src', 'deep', 'flag.h'), '#include "value.h"\n');
  await writeFile(join(folder, 'src', 'big.bin'), Buffer.alloc(20 * 1024 * 1024));
  await writeFile(join(folder, 'inc', 'value.h'), '#define VERDICT FLAG("it\'s")\n');
});

afterEach(async () => {
  await until('no session is left on the host', async () => (await descendants(sshd.pid)).length === 0);
  await sshd.stop();
  await rm(folder, { recursive: true, force: true });
});

function build(flags: readonly string[], signal?: AbortSignal) {
  const builder = createBuilder({
    logger: silent,
    sshPath: () => '/usr/bin/ssh',
    env: { ...process.env, PATH: bin },
    remotes: () => [{ label: 'loop', target: sshd.target }],
  });
  const source = join(folder, 'src', 'x.bpf.c');
  const output = join(folder, 'out', 'x.bpf.o');
  const includeDirs = [join(folder, 'inc'), join(folder, 'src', 'deep')];
  return builder.build({ source, output, clang: 'clang', flags, includeDirs }, signal);
}

const leftOvers = async () => (await readdir(sshd.home)).filter(name => name.startsWith('sockmap-build'));

describe('building on a host when this machine has no clang', () => {
  test('brings the object back, and nothing stays there', async () => {
    sshd = await Sshd.start({ bashrc: `export TMPDIR=$HOME; echo noise` });
    const built = await build(['-DFLAG(x)=(sizeof(x) == 5 ? SK_PASS : SK_DROP)']);
    expect(built).toMatchObject({ ok: true, builtOn: 'loop', diagnostics: [] });
    const object = await readFile(built.object);
    expect(object.readUInt16LE(18)).toBe(247);
    // The line information names the file of this machine.
    expect(object.includes(join(folder, 'src', 'x.bpf.c'))).toBe(true);
    expect(object.includes('sockmap-build.')).toBe(false);
    expect(await leftOvers()).toEqual([]);
  });

  test('errors are those of the files here', async () => {
    sshd = await Sshd.start({ bashrc: `export TMPDIR=$HOME` });
    const built = await build(['-DFLAG(x)=nope']);
    expect(built.ok).toBe(false);
    const errors = built.diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors[0]).toMatchObject({ file: join(folder, 'src', 'x.bpf.c'), line: 7 });
    expect(await leftOvers()).toEqual([]);
  });

  test('cancelling ends ssh', async () => {
    // Long enough to be seen, and over by itself.
    sshd = await Sshd.start({ bashrc: 'sleep 3' });
    const controller = new AbortController();
    const result = problemOf(build(['-DFLAG(x)=1'], controller.signal));
    const clients = async () =>
      (await descendants()).filter(({ command }) => command.startsWith('/usr/bin/ssh '));
    await until('ssh runs', async () => (await clients()).length > 0);
    controller.abort();
    expect((await result).code).toBe('cancelled');
    expect(await clients()).toEqual([]);
  });

  test('a host without clang', async () => {
    sshd = await Sshd.start({
      bashrc:
        'mkdir -p $HOME/bin; for i in sh mktemp tar rm; do ln -sf $(command -v $i) $HOME/bin/$i; done; PATH=$HOME/bin',
    });
    const problem = await problemOf(build([]));
    expect(problem).toMatchObject({
      code: 'clangMissing',
      message: expect.stringContaining('nor on loop') as string,
    });
  });

  test('a host that cannot be reached', async () => {
    sshd = await Sshd.start();
    await sshd.knowHostKey(undefined);
    expect((await problemOf(build([]))).code).toBe('unknownHostKey');
  });
});
