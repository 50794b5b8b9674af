// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { eventually, testName } from './cleanup';
import { here, type Machine } from './machine';

/** Where cgroup v2 is mounted, from /proc/self/mountinfo (proc(5)): not always /sys/fs/cgroup. */
export async function cgroup2Root(machine: Machine = here): Promise<string> {
  for (const line of (await machine.read('/proc/self/mountinfo')).split('\n')) {
    const [mount = '', filesystem = ''] = line.split(' - ');
    if (filesystem.startsWith('cgroup2 ')) return mount.split(' ')[4] ?? '';
  }
  throw new Error('cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup');
}

export interface TestCgroup {
  readonly path: string;
  /** Waits for its processes to end, then removes it. */
  remove(): Promise<void>;
}

export async function createCgroup(label: string, machine: Machine = here): Promise<TestCgroup> {
  const path = join(await cgroup2Root(machine), testName(label));
  await machine.makeFolder(path);
  const remove = (): Promise<void> =>
    eventually(`the processes of ${path} to end`, async () =>
      (await machine.removeFolder(path)) === 'busy' ? undefined : true,
    ).then(() => undefined);
  return { path, remove };
}

/** Arguments of a `sh` that joins the cgroup before it becomes the command. */
export function joining(cgroup: string, command: string, ...args: readonly string[]): string[] {
  return ['-c', 'echo 0 > "$0/cgroup.procs" && exec "$@"', cgroup, command, ...args];
}
