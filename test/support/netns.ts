// SPDX-License-Identifier: Apache-2.0
import { run } from '../rig/processes';
import { testName } from './cleanup';

export interface TestNetns {
  readonly name: string;
  /** File for setns(2) and nsenter --net. */
  readonly path: string;
  /** Runs a command inside. `ip netns exec` would hide the cgroup tree. */
  exec(command: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** A network namespace with loopback up. */
export async function createNetns(label: string): Promise<TestNetns> {
  const name = testName(label);
  const path = `/run/netns/${name}`;
  await run('ip', ['netns', 'add', name]);
  const exec = (command: string, ...args: string[]): Promise<string> =>
    run('nsenter', [`--net=${path}`, command, ...args]);
  const remove = async (): Promise<void> => {
    await run('ip', ['netns', 'del', name]);
  };
  try {
    await exec('ip', 'link', 'set', 'lo', 'up');
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, path, exec, remove };
}

/** Joins two namespaces with a veth pair; addresses with prefix length, e.g. `10.66.0.1/24`. */
export async function linkNetns(
  a: TestNetns,
  addressA: string,
  b: TestNetns,
  addressB: string,
): Promise<void> {
  const device = 'veth0';
  await run('ip', [
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
  ]);
  for (const [netns, address] of [
    [a, addressA],
    [b, addressB],
  ] as const) {
    await netns.exec('ip', 'address', 'add', address, 'dev', device);
    await netns.exec('ip', 'link', 'set', device, 'up');
  }
}
