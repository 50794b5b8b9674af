// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AgentBinaries } from '../../../extension/host/agentBinary';
import { findClang } from '../../../extension/host/clang';
import { systemClock } from '../../../extension/host/clock';
import { createHostRegistry, listSshConfigHosts } from '../../../extension/host';
import { LocalConnector, type LocalOptions } from '../../../extension/host/local';
import { run } from '../../../extension/host/process';
import { createTar } from '../../../extension/host/tar';
import { problemOf, silent } from '../../support/hosts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sockmap-test-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function program(path: string, mode = 0o755): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '#!/bin/sh\nexit 0\n');
  await chmod(file, mode);
  return file;
}

test('the system tar reads what createTar writes', async () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(60)}/f.h`;
  const files = [
    { path: 'a.c', data: Buffer.from('int a;\n') },
    { path: 'ü/b c.h', data: Buffer.alloc(512, 'b') },
    { path: long, data: Buffer.alloc(0) },
  ];
  const { code, stderr } = await run({
    command: 'tar',
    args: ['-xf', '-', '-C', folder],
    input: createTar(files),
  });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  for (const { path, data } of files) {
    const { stdout } = await run({ command: 'cat', args: [join(folder, path)] });
    expect(stdout.equals(data)).toBe(true);
  }
  expect(() => createTar([{ path: 'x'.repeat(101), data: Buffer.alloc(0) }])).toThrow(RangeError);
});

test('clang is found as configured, by name, or as the newest version', async () => {
  const path = [join(folder, 'one'), join(folder, 'two'), join(folder, 'none')].join(delimiter);
  expect(await findClang('clang', path)).toBeUndefined();
  await program('one/clang-9');
  const newest = await program('two/clang-17');
  await program('two/clang-18', 0o644);
  expect(await findClang('clang', path)).toBe(newest);
  expect(await findClang('', path)).toBe(newest);
  expect(await findClang('my-clang', path)).toBeUndefined();
  const plain = await program('two/clang');
  expect(await findClang('clang', path)).toBe(plain);
  expect(await findClang(newest, '')).toBe(newest);
  expect(await findClang(join(folder, 'nope'), path)).toBeUndefined();
});

test('a packaged agent must be the one that was built', async () => {
  const file = await program('x86_64/sockmap-agent');
  const binaries = new AgentBinaries(folder);
  const sha256 = createHash('sha256').update('#!/bin/sh\nexit 0\n').digest('hex');
  expect(await binaries.load('x86_64')).toMatchObject({ path: file, sha256 });
  await writeFile(join(folder, 'SHA256SUMS'), `${sha256}  x86_64/sockmap-agent\n`);
  expect(await binaries.load('x86_64')).toMatchObject({ sha256 });
  await writeFile(file, 'other');
  expect((await problemOf(binaries.load('x86_64'))).code).toBe('agentDamaged');
  expect(await binaries.load('aarch64')).toBeUndefined();
});

function openLocal(options: Partial<LocalOptions>) {
  const binaries = new AgentBinaries(folder);
  const connector = new LocalConnector({
    binaries,
    logger: silent,
    clock: systemClock,
    platform: 'linux',
    ...options,
  });
  return connector.open({ signal: new AbortController().signal, onStage: () => undefined });
}

test('the local host says why it cannot start', async () => {
  expect((await problemOf(openLocal({ platform: 'darwin' }))).message).toMatch(/need Linux/);
  expect((await problemOf(openLocal({ arch: 'riscv64' }))).code).toBe('unsupportedArchitecture');
  expect((await problemOf(openLocal({}))).code).toBe('agentMissing');
  expect((await problemOf(openLocal({ agentPath: join(folder, 'nope') }))).code).toBe('agentMissing');
  const agentPath = await program('agent');
  const noSudo = { ...process.env, PATH: join(folder, 'empty') };
  const problem = await problemOf(openLocal({ agentPath, uid: 1000, env: noSudo }));
  expect(problem).toMatchObject({ code: 'notPermitted', action: expect.stringContaining('sudo') as string });
  expect((await problemOf(openLocal({ agentPath, uid: 0 }))).message).toMatch(/not a sockmap-agent/);
  await writeFile(agentPath, '#!/nonexistent/interpreter\n');
  expect((await problemOf(openLocal({ agentPath, uid: 0 }))).code).toBe('agentDamaged');
});

test('a change of the path of ssh counts at the next connection', async () => {
  await program('x86_64/sockmap-agent');
  await writeFile(join(folder, 'SHA256SUMS'), '');
  let sshPath = join(folder, 'one');
  const registry = createHostRegistry({
    agentFolder: folder,
    version: '0',
    logger: silent,
    sshPath: () => sshPath,
  });
  registry.update([{ kind: 'ssh', id: 'box', label: 'box', destination: 'box' }]);
  const connect = async () => problemOf(registry.get('box')?.connect() ?? Promise.resolve());
  expect(await connect()).toMatchObject({
    code: 'sshMissing',
    message: expect.stringContaining('/one ') as string,
  });
  sshPath = join(folder, 'two');
  expect(await connect()).toMatchObject({
    code: 'sshMissing',
    message: expect.stringContaining('/two ') as string,
  });
  registry.dispose();
});

test('a sudo that wants a password', async () => {
  const agentPath = await program('agent');
  await program('bin/sudo');
  await writeFile(join(folder, 'bin/sudo'), '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n');
  const env = { ...process.env, PATH: join(folder, 'bin') };
  const problem = await problemOf(openLocal({ agentPath, uid: 1000, env }));
  expect(problem.code).toBe('sudoNeedsPassword');
  expect(problem.action).toMatch(/NOPASSWD/);
});

test('names of the ssh configuration, with Include', async () => {
  const file = join(folder, 'config');
  await mkdir(join(folder, 'config.d'));
  await writeFile(file, 'Include config.d/* missing\nHost zeta *.lab\n');
  await writeFile(join(folder, 'config.d', 'a'), `Host alpha\nInclude ${file}\n`);
  await writeFile(join(folder, 'config.d', '.hidden'), 'Host hidden\n');
  expect(await listSshConfigHosts(file)).toEqual(['alpha', 'zeta']);
  expect(await listSshConfigHosts(join(folder, 'none'))).toEqual([]);
});
