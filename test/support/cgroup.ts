// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, testName } from './cleanup';

/** Where cgroup v2 is mounted, from /proc/self/mountinfo (proc(5)): not always /sys/fs/cgroup. */
export async function cgroup2Root(): Promise<string> {
  for (const line of (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')) {
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

export async function createCgroup(label: string): Promise<TestCgroup> {
  const path = join(await cgroup2Root(), testName(label));
  await mkdir(path);
  const remove = (): Promise<void> =>
    eventually(`the processes of ${path} to end`, async () => {
      try {
        await rmdir(path);
        return null;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        if (code === 'ENOENT') return null;
        if (code === 'EBUSY') return undefined;
        throw error;
      }
    }).then(() => undefined);
  return { path, remove };
}
