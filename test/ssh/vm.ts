// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AgentClient } from '../../extension/host/api';
import type { ObjectRef } from '../../extension/protocol/agent';
import { LOAD_MODULES } from '../support/vmMachine';
import { startVm, type Vm, type VmKernel, type VmOptions } from '../rig/vm';
import { type Connected, hostAt } from './loop';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** Made and removed by each test. */
export const CGROUP = '/sys/fs/cgroup/sockmap-test-vm';

/** A test host, and the extension's connection to it while a test has one. */
export class Machine {
  readonly #options: VmOptions;
  #vm: Vm | undefined;
  #connected: Connected | undefined;

  constructor(options: VmOptions) {
    this.#options = options;
  }

  get vm(): Vm {
    if (this.#vm === undefined) throw new Error('the test host is not started.');
    return this.#vm;
  }

  async start(): Promise<void> {
    this.#vm = await startVm(this.#options);
  }

  /** The extension's host of this machine, not connected; `destination` is a name of its ssh configuration. */
  host(destination: string = this.vm.host): Connected['host'] {
    this.#connected = hostAt({ destination, configFile: this.vm.sshConfig });
    return this.#connected.host;
  }

  /** Ends the extension's connection; after a failed test, shows how it was and the guest's console. */
  async disconnect(failed: boolean): Promise<void> {
    if (failed) {
      const state = JSON.stringify(this.#connected?.host.state);
      process.stdout.write(`${state}\n${this.vm.console().slice(-4_000)}\n`);
    }
    await this.#connected?.host.disconnect();
    this.#connected?.registry.dispose();
    this.#connected = undefined;
  }

  async stop(): Promise<void> {
    await this.#vm?.stop();
  }
}

/** Boots a machine before the tests of this block and ends it after them. */
export function onMachine(options: VmOptions, declare: (machine: Machine) => void): void {
  describe(`a host with kernel ${options.kernel}${options.arch === 'arm64' ? ' on arm64' : ''}`, () => {
    const machine = new Machine(options);
    beforeAll(() => machine.start());
    afterAll(() => machine.stop());
    afterEach(({ task }) => machine.disconnect(task.result?.state === 'fail'));
    declare(machine);
  });
}

/** Our datapath as the protocol hands it over. */
export async function datapath(): Promise<ObjectRef> {
  const data = await readFile(file('dist/bpf/sockmap.bpf.o'));
  return { name: 'sockmap.bpf.o', data: data.toString('base64') };
}

/** Path of the traffic tool on the machine. */
export async function deliverTraffic(machine: Machine): Promise<string> {
  const path = '/tmp/traffic';
  await machine.vm.run(`cat > ${path} && chmod 700 ${path}`, {
    input: await readFile(file('out/traffic/x86_64/traffic')),
  });
  return path;
}

export async function seconds<T>(work: Promise<T>): Promise<[T, string]> {
  const started = performance.now();
  const value = await work;
  return [value, ((performance.now() - started) / 1000).toFixed(2)];
}

/** Users and groups, at both ends: what a kernel must tell for that differs most between versions. */
async function underPolicies(machine: Machine, traffic: string, client: AgentClient): Promise<void> {
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
    await machine.vm.run(`${traffic} pairs --cgroup ${CGROUP} --count 5 --bytes 65536 ${ids}`);
    const after = await client.request('stats', { name: 'vm' });
    const redirected = after.redirected.bytes - before.redirected.bytes > 0;
    const refused = after.reasons.policy.messages - before.reasons.policy.messages >= 5;
    expect([text, ids, redirected, refused]).toEqual([text, ids, accelerated, !accelerated]);
  }
  process.stdout.write(`${machine.vm.release}: ${String(cases.length)} policies over users and groups\n`);
}

/** Sockets in the map are refused it. */
async function withoutKernelTls(machine: Machine, traffic: string, kernel: VmKernel): Promise<void> {
  const { EPERM, ENOENT } = constants.errno;
  const servers = `${traffic} ktls --count 3 --gap 0.02 --timeout 3`;
  await machine.vm.run(LOAD_MODULES);
  const plain = await machine.vm.run(servers);
  const inside = await machine.vm.run(`${servers} --cgroup ${CGROUP}`);
  /* Debian builds 5.10 without CONFIG_TLS. */
  const has = kernel !== '5.10';
  expect(JSON.parse(plain)).toMatchObject(has ? { on: 3, error: 0 } : { on: 0, error: ENOENT });
  expect(JSON.parse(inside)).toMatchObject({ on: 0, error: has ? EPERM : ENOENT });
}

/** The main job on a host with this kernel; leaves the host as it was. */
async function mainJob(machine: Machine, kernel: VmKernel): Promise<void> {
  const object = await datapath();
  const host = machine.host();

  const [, delivery] = await seconds(host.connect());
  expect(host.state).toMatchObject({
    kind: 'ready',
    kernel: machine.vm.release,
    canLoad: true,
    problems: [],
  });
  expect(machine.vm.release).toMatch(new RegExp(`^${kernel.replace('.', '\\.')}\\.`));
  await host.disconnect();
  const [client, warm] = await seconds(host.connect());

  await machine.vm.run(`mkdir ${CGROUP}`);
  const traffic = await deliverTraffic(machine);
  const [attachment, attach] = await seconds(
    client.request('attach', { object, cgroup: CGROUP, name: 'vm' }),
  );
  expect(attachment).toMatchObject({ name: 'vm', state: 'attached', abi: expect.any(Number) as number });

  // Also the program that is only attached with --edge-readers. Statistics alone: an emulated 5.10 takes 30 s to
  // write the log of every insn.
  const { programs } = await client.request('verify', { object, logLevel: 4 });
  expect(programs.filter(({ ok }) => !ok)).toEqual([]);
  expect(programs.map(({ name }) => name)).toContain('sm_gate');

  const result = await machine.vm.run(`${traffic} pairs --cgroup ${CGROUP} --count 20 --bytes 65536`);
  const stats = await client.request('stats', { name: 'vm' });
  expect(stats.redirected.messages).toBeGreaterThan(20);
  expect(stats.redirected.bytes).toBeGreaterThan(stats.stack.bytes);

  await underPolicies(machine, traffic, client);
  await withoutKernelTls(machine, traffic, kernel);

  const [detached, detach] = await seconds(client.request('detach', { name: 'vm' }));
  expect(detached).toMatchObject({ removed: true, remaining: [], lostBytes: 0 });
  expect((await client.request('status', {})).attachments).toEqual([]);
  expect((await client.request('programs', {})).programs.filter(p => p.attachment !== null)).toEqual([]);
  expect((await machine.vm.run('find /sys/fs/bpf -mindepth 2')).trim()).toBe('');
  await machine.vm.run(`rmdir ${CGROUP}`);
  process.stdout.write(
    `${machine.vm.release}: delivery and connect ${delivery} s, warm connect ${warm} s, attach ${attach} s, ` +
      `detach ${detach} s, redirected ${String(stats.redirected.messages)} messages ` +
      `${String(stats.redirected.bytes)} bytes, stack ${String(stats.stack.messages)} messages; ${result}`,
  );
}

/** The main job on a machine with this kernel. */
export function mainJobTest(machine: Machine, kernel: VmKernel): void {
  test('takes the agent, redirects real traffic, and is left clean', () => mainJob(machine, kernel));
}
