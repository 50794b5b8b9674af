// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootstrapCommand, shellCommand } from '../../../extension/host/bootstrap';
import { run } from '../../../extension/host/process';

// The script under a shell of this machine; test/ssh runs it under sshd.
let home: string;
const agent = Buffer.from('#!/bin/sh\necho "agent $*"\n');
const sha256 = createHash('sha256').update(agent).digest('hex');
const packaged = { sha256, size: agent.length };
const name = `agent-1.2.3-${sha256}`;
const cache = () => join(home, '.cache', 'sockmap');

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sockmap-test-boot-'));
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function boot(
  input: Uint8Array,
  agents = { x86_64: packaged, aarch64: packaged },
  shell = 'sh',
  env = {},
) {
  const result = await run({
    command: shell,
    args: ['-c', bootstrapCommand('abc', '1.2.3', agents)],
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    input,
  });
  return { ...result, lines: result.stdout.toString().split('\n').filter(Boolean) };
}

describe.each(['sh', 'bash'])('under %s', shell => {
  test('the agent is asked for once, kept, and started', async () => {
    const first = await boot(agent, undefined, shell);
    expect(first.lines).toEqual([
      expect.stringMatching(/^SOCKMAP-BOOT abc need (x86_64|aarch64)$/),
      expect.stringMatching(/^SOCKMAP-BOOT abc start (root|sudo)$/),
      'agent serve --nonce abc',
    ]);
    expect((await stat(join(cache(), name))).mode & 0o777).toBe(0o700);
    const second = await boot(Buffer.alloc(0), undefined, shell);
    expect(second.lines).toEqual(first.lines.slice(1));
    expect(await readdir(cache())).toEqual([name]);
  });
});

test('a damaged agent is replaced', async () => {
  await boot(agent);
  await writeFile(join(cache(), name), 'damaged');
  expect((await boot(agent)).lines[0]).toContain('need');
  expect(await readFile(join(cache(), name))).toEqual(agent);
});

test('an agent that is not executable is replaced', async () => {
  await boot(agent);
  await chmod(join(cache(), name), 0o600);
  expect((await boot(agent)).lines.at(-1)).toBe('agent serve --nonce abc');
});

test.each([
  ['other bytes', Buffer.from('x'.repeat(agent.length))],
  ['too few bytes', agent.subarray(0, 5)],
  ['no bytes', Buffer.alloc(0)],
])('%s are not started and nothing stays', async (_what, input) => {
  const result = await boot(input);
  expect(result.code).toBe(6);
  expect(result.lines.at(-1)).toBe(`SOCKMAP-BOOT abc broken ${cache()}`);
  expect(await readdir(cache())).toEqual([]);
});

test('old versions go but for the newest, other files stay', async () => {
  await mkdir(cache(), { recursive: true });
  for (const [index, old] of ['agent-0.1-a', 'agent-0.2-b', 'agent-0.3-c', 'notes'].entries()) {
    await writeFile(join(cache(), old), '');
    await utimes(join(cache(), old), 1000 + index, 1000 + index);
  }
  await boot(agent);
  expect((await readdir(cache())).sort()).toEqual(['agent-0.3-c', name, 'notes']);
});

test('what a crash left behind goes after an hour', async () => {
  await mkdir(cache(), { recursive: true });
  await writeFile(join(cache(), '.incoming-1'), '');
  await writeFile(join(cache(), '.incoming-2'), '');
  await utimes(join(cache(), '.incoming-1'), 1000, 1000);
  await boot(agent);
  expect((await readdir(cache())).sort()).toEqual(['.incoming-2', name]);
});

test('a home that cannot be written', async () => {
  await writeFile(join(home, '.cache'), 'a file');
  expect((await boot(agent)).lines).toEqual([`SOCKMAP-BOOT abc home ${cache()}`]);
});

test('an architecture without an agent', async () => {
  const command = bootstrapCommand('abc', '1', { x86_64: undefined, aarch64: undefined });
  const { stdout } = await run({ command: 'sh', args: ['-c', command] });
  expect(stdout.toString()).toMatch(/^SOCKMAP-BOOT abc arch Linux \w+\n$/);
});

test('a home with a blank', async () => {
  home = join(home, 'with blank');
  await mkdir(home);
  expect((await boot(agent)).lines.at(-1)).toBe('agent serve --nonce abc');
  home = join(home, '..');
});

test('the command holds nothing that fish or csh would read in its own way', () => {
  const command = bootstrapCommand('abc', '1.2.3-dev+x y', { x86_64: packaged, aarch64: undefined });
  expect(command).not.toMatch(/[\n\r!\\]/);
  expect(command.split("'")).toHaveLength(3);
  expect(command).toContain('1.2.3_dev_x_y');
  expect(() => shellCommand("echo 'x'", [])).toThrow(/characters/);
  expect(() => shellCommand('echo', ['a b'])).toThrow(/not plain/);
});
