// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { problemOf, stateOf } from '../support/hosts';
import { CGROUP, datapath, deliverTraffic, type Machine, mainJobTest, onMachine } from './vm';

async function goesSilent(machine: Machine): Promise<void> {
  const host = machine.host();
  const client = await host.connect();
  await machine.vm.run(`mkdir ${CGROUP}`);
  await client.request('attach', { object: await datapath(), cgroup: CGROUP, name: 'vm' });
  await machine.vm.cut();
  expect((await problemOf(client.request('status', {}, { timeoutMs: 60_000 }))).code).toBe('connectionLost');
  expect(host.state.kind).toBe('retrying');
  await machine.vm.restore();
  await stateOf(host, ({ kind }) => kind === 'ready', 60_000);
  const status = await host.client?.request('status', {});
  expect(status?.attachments).toMatchObject([{ name: 'vm', state: 'attached' }]);
  expect(await host.client?.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
  await machine.vm.run(`rmdir ${CGROUP}`);
}

/** Where the datapath cannot tell which function a reader waits in. */
async function hidesAddresses(machine: Machine): Promise<void> {
  const client = await machine.host().connect();
  await machine.vm.run(`mkdir ${CGROUP}`);
  const traffic = await deliverTraffic(machine);
  const warned = async (restrict: number): Promise<boolean> => {
    await machine.vm.run(`echo ${String(restrict)} > /proc/sys/kernel/kptr_restrict`);
    const object = await datapath();
    const { warnings } = await client.request('attach', { object, cgroup: CGROUP, name: 'vm' });
    await machine.vm.run(`${traffic} defer --count 20 --wait-all --gap 0.01 --cgroup ${CGROUP}`);
    await machine.vm.run(`${traffic} pairs --count 20 --cgroup ${CGROUP}`);
    expect((await client.request('stats', { name: 'vm' })).redirected.messages).toBeGreaterThan(20);
    expect(await client.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
    return warnings.some(warning => warning.includes('kernel.kptr_restrict'));
  };
  expect(await warned(2)).toBe(true);
  expect(await warned(1)).toBe(false);
  await machine.vm.run(`rmdir ${CGROUP}`);
}

/** Queues that fill all memory that TCP may have: writers wait, as on plain TCP, and are told of no error. */
async function runsShort(machine: Machine): Promise<void> {
  const client = await machine.host().connect();
  await machine.vm.run(`mkdir ${CGROUP}`);
  const traffic = await deliverTraffic(machine);
  const limits = (await machine.vm.run('cat /proc/sys/net/ipv4/tcp_mem')).trim();
  await client.request('attach', { object: await datapath(), cgroup: CGROUP, name: 'vm' });
  await machine.vm.run('echo 512 6144 8192 > /proc/sys/net/ipv4/tcp_mem');
  const one = `${traffic} slow-reader --message 65536 --cap 2000000 --bytes 300000 --quiet 2 --cgroup ${CGROUP}`;
  const said = await machine.vm.run(`for i in $(seq 32); do ${one} & done; wait`);
  expect(said.split('\n').filter(line => line.includes('broken'))).toEqual([]);
  await machine.vm.run(`echo ${limits} > /proc/sys/net/ipv4/tcp_mem`);
  const { redirected, reasons } = await client.request('stats', { name: 'vm' });
  expect(redirected.bytes).toBeGreaterThan(1_000_000);
  expect(reasons.backpressure.messages).toBeGreaterThan(0);
  expect(await client.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
  await machine.vm.run(`rmdir ${CGROUP}`);
}

async function withoutRights(machine: Machine): Promise<void> {
  const host = machine.host(machine.vm.userHost);
  const problem = await problemOf(host.connect());
  expect(problem).toMatchObject({
    code: 'notPermitted',
    message: expect.stringMatching(/no sudo/) as string,
  });
}

onMachine({ kernel: '6.1' }, machine => {
  mainJobTest(machine, '6.1');

  // The same with every kernel: once is enough.
  test('that goes silent for a while is found again, with what was attached', () => goesSilent(machine));
  test('that hides the addresses of its functions is served, and warned of', () => hidesAddresses(machine));
  test('that has no memory left for TCP makes writers wait', () => runsShort(machine));
  test('tells a user without rights and without sudo so', () => withoutRights(machine));
});
