// SPDX-License-Identifier: Apache-2.0
import { testName } from './cleanup';
import { here, type Machine, runOn } from './machine';

export interface TestNetns {
  readonly machine: Machine;
  readonly name: string;
  /** File for setns(2) and nsenter --net. */
  readonly path: string;
  /** Runs a command inside. `ip netns exec` would hide the cgroup tree. */
  exec(command: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** A network namespace with loopback up. */
export async function createNetns(label: string, machine: Machine = here): Promise<TestNetns> {
  const name = testName(label);
  const path = `/run/netns/${name}`;
  await runOn(machine, 'ip', 'netns', 'add', name);
  const exec = (command: string, ...args: string[]): Promise<string> =>
    runOn(machine, 'nsenter', `--net=${path}`, command, ...args);
  const remove = async (): Promise<void> => {
    await runOn(machine, 'ip', 'netns', 'del', name);
  };
  try {
    await exec('ip', 'link', 'set', 'lo', 'up');
  } catch (error) {
    await remove();
    throw error;
  }
  return { machine, name, path, exec, remove };
}

/** Joins two namespaces of a machine with a veth pair; addresses with prefix length, e.g. `10.66.0.1/24`. */
export async function linkNetns(
  a: TestNetns,
  addressA: string,
  b: TestNetns,
  addressB: string,
): Promise<void> {
  const device = 'veth0';
  const link = [
    'link',
    'add',
    device,
    'netns',
    a.name,
    'type',
    'veth',
    'peer',
    'name',
    device,
    'netns',
    b.name,
  ];
  await runOn(a.machine, 'ip', ...link);
  for (const [netns, address] of [
    [a, addressA],
    [b, addressB],
  ] as const) {
    await netns.exec('ip', 'address', 'add', address, 'dev', device);
    await netns.exec('ip', 'link', 'set', device, 'up');
  }
}
