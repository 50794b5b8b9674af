// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { problemOf, stateOf } from '../support/hosts';
import { CGROUP, datapath, type Machine, mainJobTest, onMachine } from './vm';

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
  test('tells a user without rights and without sudo so', () => withoutRights(machine));
});
