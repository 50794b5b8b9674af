// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AgentClient } from '../../extension/host/api';
import { run } from '../../extension/host/process';
import type { ObjectRef } from '../../extension/protocol/agent';
import { startVm, type Vm, type VmKernel, vmKernels } from '../rig/vm';
import { problemOf, stateOf } from '../support/hosts';
import { type Connected, hostAt } from './loop';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const CGROUP = '/sys/fs/cgroup/sockmap-test-vm';

let connected: Connected | undefined;
let object: ObjectRef;

beforeAll(async () => {
  const data = await readFile(file('dist/bpf/sockmap.bpf.o'));
  object = { name: 'sockmap.bpf.o', data: data.toString('base64') };
});

async function disconnect(failed: Vm | undefined): Promise<void> {
  if (failed !== undefined) {
    process.stdout.write(`${JSON.stringify(connected?.host.state)}\n${failed.console().slice(-4_000)}\n`);
  }
  await connected?.host.disconnect();
  connected?.registry.dispose();
  connected = undefined;
}

/** A command on the host, beside the extension's connection. */
async function on(machine: Vm, command: string, input?: Uint8Array): Promise<string> {
  const result = await run({
    command: 'ssh',
    args: ['-T', '-F', machine.sshConfig, machine.host, command],
    ...(input === undefined ? {} : { input }),
  });
  if (result.code !== 0) {
    throw new Error(`${command}: exit ${String(result.code)}\n${result.stdout.toString()}${result.stderr}`);
  }
  return result.stdout.toString();
}

async function seconds<T>(work: Promise<T>): Promise<[T, string]> {
  const started = performance.now();
  const value = await work;
  return [value, ((performance.now() - started) / 1000).toFixed(2)];
}

/** Users and groups, at both ends: what a kernel must tell for that differs most between versions. */
async function underPolicies(machine: Vm, client: AgentClient): Promise<void> {
  const cases: [string, string, boolean][] = [
    ['chain --uid-owner 1337 -j ACCEPT', '--client-uid 1337', true],
    ['chain --uid-owner 1337 -j ACCEPT', '--server-uid 1337', true],
    ['chain --uid-owner 1337 -j ACCEPT', '', false],
    ['chain --uid-owner 1337 -j RETURN', '--server-uid 1337', false],
    ['chain --gid-owner 77 -j ACCEPT', '--client-gid 77', true],
    ['chain --gid-owner 77 -j ACCEPT', '--server-gid 77', true],
    ['chain --gid-owner 77 -j ACCEPT', '', false],
    ['chain --gid-owner 77 -j RETURN', '--server-gid 77', false],
    ['chain --ip 127.0.0.0/8 --port 1-65535 -j RETURN', '', false],
    ['', '', true],
  ];
  for (const [text, ids, accelerated] of cases) {
    await client.request('policySet', { name: 'vm', text });
    expect((await client.request('policyGet', { name: 'vm' })).text).toBe(text);
    const before = await client.request('stats', { name: 'vm' });
    await on(machine, `/tmp/traffic pairs --cgroup ${CGROUP} --count 5 --bytes 65536 ${ids}`);
    const after = await client.request('stats', { name: 'vm' });
    const redirected = after.redirected.bytes - before.redirected.bytes > 0;
    const refused = after.reasons.policy.messages - before.reasons.policy.messages >= 5;
    expect([text, ids, redirected, refused]).toEqual([text, ids, accelerated, !accelerated]);
  }
  process.stdout.write(`${machine.release}: ${String(cases.length)} policies over users and groups\n`);
}

/** The main job on a host with this kernel; leaves the host as it was. */
async function mainJob(machine: Vm, kernel: VmKernel): Promise<void> {
  connected = hostAt({ destination: machine.host, configFile: machine.sshConfig });
  const { host } = connected;

  const [, delivery] = await seconds(host.connect());
  expect(host.state).toMatchObject({ kind: 'ready', kernel: machine.release, canLoad: true, problems: [] });
  expect(machine.release).toMatch(new RegExp(`^${kernel.replace('.', '\\.')}\\.`));
  await host.disconnect();
  const [client, warm] = await seconds(host.connect());

  await on(machine, `mkdir ${CGROUP}`);
  await on(
    machine,
    'cat > /tmp/traffic && chmod 700 /tmp/traffic',
    await readFile(file('out/traffic/x86_64/traffic')),
  );
  const [attachment, attach] = await seconds(
    client.request('attach', { object, cgroup: CGROUP, name: 'vm' }),
  );
  expect(attachment).toMatchObject({ name: 'vm', state: 'attached', abi: expect.any(Number) as number });

  /* Also the program that is only attached where FIONREAD is broken. */
  const { programs } = await client.request('verify', { object });
  expect(programs.filter(({ ok }) => !ok)).toEqual([]);
  expect(programs.map(({ name }) => name)).toContain('sm_gate');

  const traffic = await on(machine, `/tmp/traffic pairs --cgroup ${CGROUP} --count 20 --bytes 65536`);
  const stats = await client.request('stats', { name: 'vm' });
  expect(stats.redirected.messages).toBeGreaterThan(20);
  expect(stats.redirected.bytes).toBeGreaterThan(stats.stack.bytes);

  await underPolicies(machine, client);

  const [detached, detach] = await seconds(client.request('detach', { name: 'vm' }));
  expect(detached).toMatchObject({ removed: true, remaining: [], lostBytes: 0 });
  expect((await client.request('status', {})).attachments).toEqual([]);
  expect((await client.request('programs', {})).programs.filter(p => p.attachment !== null)).toEqual([]);
  expect((await on(machine, 'find /sys/fs/bpf -mindepth 2')).trim()).toBe('');
  await on(machine, `rmdir ${CGROUP}`);
  process.stdout.write(
    `${machine.release}: delivery and connect ${delivery} s, warm connect ${warm} s, attach ${attach} s, ` +
      `detach ${detach} s, redirected ${String(stats.redirected.messages)} messages ` +
      `${String(stats.redirected.bytes)} bytes, stack ${String(stats.stack.messages)} messages; ${traffic}`,
  );
}

async function goesSilent(machine: Vm): Promise<void> {
  connected = hostAt({ destination: machine.host, configFile: machine.sshConfig });
  const { host } = connected;
  const client = await host.connect();
  await on(machine, `mkdir ${CGROUP}`);
  await client.request('attach', { object, cgroup: CGROUP, name: 'vm' });
  await machine.cut();
  expect((await problemOf(client.request('status', {}, { timeoutMs: 60_000 }))).code).toBe('connectionLost');
  expect(host.state.kind).toBe('retrying');
  await machine.restore();
  await stateOf(host, ({ kind }) => kind === 'ready', 60_000);
  const status = await host.client?.request('status', {});
  expect(status?.attachments).toMatchObject([{ name: 'vm', state: 'attached' }]);
  expect(await host.client?.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
}

async function withoutRights(machine: Vm): Promise<void> {
  connected = hostAt({ destination: machine.userHost, configFile: machine.sshConfig });
  const problem = await problemOf(connected.host.connect());
  expect(problem).toMatchObject({
    code: 'notPermitted',
    message: expect.stringMatching(/no sudo/) as string,
  });
}

async function onArm64(machine: Vm): Promise<void> {
  connected = hostAt({ destination: machine.host, configFile: machine.sshConfig });
  const { host } = connected;
  const [client, delivery] = await seconds(host.connect());
  expect(host.state).toMatchObject({ kind: 'ready', arch: 'aarch64', canLoad: true });
  await on(machine, `mkdir ${CGROUP}`);
  const [attachment, attach] = await seconds(
    client.request('attach', { object, cgroup: CGROUP, name: 'vm' }),
  );
  expect(attachment).toMatchObject({ name: 'vm', state: 'attached' });
  expect(await client.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
  process.stdout.write(`${machine.release}: delivery and connect ${delivery} s, attach ${attach} s\n`);
}

describe.each(vmKernels)('a host with kernel %s', kernel => {
  let machine: Vm;
  beforeAll(async () => {
    machine = await startVm({ kernel });
  });
  afterAll(() => machine.stop());
  afterEach(({ task }) => disconnect(task.result?.state === 'fail' ? machine : undefined));

  test('takes the agent, redirects real traffic, and is left clean', () => mainJob(machine, kernel));

  // The same with every kernel: once is enough.
  if (kernel === '6.1') {
    test('that goes silent for a while is found again, with what was attached', () => goesSilent(machine));
    test('tells a user without rights and without sudo so', () => withoutRights(machine));
  }
});

describe('an arm64 host', () => {
  let machine: Vm;
  beforeAll(async () => {
    machine = await startVm({ kernel: '6.1', arch: 'arm64' });
  });
  afterAll(() => machine.stop());
  afterEach(({ task }) => disconnect(task.result?.state === 'fail' ? machine : undefined));

  test('takes the agent and the datapath', () => onArm64(machine));
});
