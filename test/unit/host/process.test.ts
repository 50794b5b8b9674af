// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ManagedProcess, run, StartError } from '../../../extension/host/process';
import { descendants, until } from '../../support/hosts';

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });

test('arguments reach the program as they are', async () => {
  const args = [
    '-e',
    'process.stdout.write(JSON.stringify(process.argv.slice(1)))',
    '--',
    '$(id)',
    '',
    "a b'",
    '*',
  ];
  const { stdout, code } = await run({ command: process.execPath, args });
  expect(code).toBe(0);
  expect(JSON.parse(stdout.toString())).toEqual(['$(id)', '', "a b'", '*']);
});

test('what cannot be started is told apart', async () => {
  const start = ManagedProcess.start({ command: '/nonexistent/program', args: [] });
  await expect(start).rejects.toThrow(StartError);
  await expect(start).rejects.toMatchObject({ errno: 'ENOENT' });
  await expect(ManagedProcess.start({ command: '/etc/passwd', args: [] })).rejects.toMatchObject({
    errno: 'EACCES',
  });
  await expect(ManagedProcess.start({ command: 'a\0b', args: [] })).rejects.toThrow(StartError);
});

test('only the end of stderr is kept', async () => {
  const { stderr } = await run(node('process.stderr.write("x".repeat(100000) + "end")'));
  expect(stderr).toHaveLength(16 * 1024);
  expect(stderr.endsWith('xend')).toBe(true);
});

test('aborting kills the whole group', async () => {
  const controller = new AbortController();
  const child = await ManagedProcess.start({
    command: 'sh',
    args: ['-c', 'sleep 321 & sleep 321; :'],
    signal: controller.signal,
  });
  const sleepers = async () => (await descendants()).filter(({ command }) => command === 'sleep 321');
  await until('both run', async () => (await sleepers()).length === 2);
  const pids = (await sleepers()).map(({ pid }) => pid);
  controller.abort();
  expect((await child.exited).signal).toBe('SIGKILL');
  await until('both are gone', () => Promise.resolve(pids.every(pid => !isAlive(pid))));
});

test('more output than allowed ends it', async () => {
  const endless = node('const f=()=>process.stdout.write("y".repeat(65536),f);f()');
  const { signal, stdout } = await run({ ...endless, maxStdoutBytes: 1 << 20 });
  expect(signal).toBe('SIGKILL');
  expect(stdout.length).toBeLessThanOrEqual(1 << 20);
});

test('a grandchild that keeps the pipes open does not delay the end', async () => {
  const started = performance.now();
  const child = await ManagedProcess.start({ command: 'sh', args: ['-c', 'sleep 5 & exit 4'] });
  expect((await child.exited).code).toBe(4);
  expect(performance.now() - started).toBeLessThan(3_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
