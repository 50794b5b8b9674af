// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { CGROUP, datapath, type Machine, onMachine, seconds } from './vm';

async function onArm64(machine: Machine): Promise<void> {
  const host = machine.host();
  const [client, delivery] = await seconds(host.connect());
  expect(host.state).toMatchObject({ kind: 'ready', arch: 'aarch64', canLoad: true });
  await machine.vm.run(`mkdir ${CGROUP}`);
  const [attachment, attach] = await seconds(
    client.request('attach', { object: await datapath(), cgroup: CGROUP, name: 'vm' }),
  );
  expect(attachment).toMatchObject({ name: 'vm', state: 'attached' });
  expect(await client.request('detach', { name: 'vm' })).toMatchObject({ removed: true });
  process.stdout.write(`${machine.vm.release}: delivery and connect ${delivery} s, attach ${attach} s\n`);
}

onMachine({ kernel: '6.1', arch: 'arm64' }, machine => {
  test('takes the agent and the datapath', () => onArm64(machine));
});
