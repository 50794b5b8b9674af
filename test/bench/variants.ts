// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { checkout, outPath } from '../rig/checkout';
import { run } from '../rig/processes';

/** A way for two processes to talk: joined to `cgroup`, or AF_UNIX when there is none. */
export interface Variant {
  readonly name: 'plain' | 'recipe' | 'ours' | 'unix';
  readonly cgroup?: string;
}

const agent = join(
  checkout,
  'dist',
  'agent',
  process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  'sockmap-agent',
);

const objects = {
  recipe: outPath('bench', 'recipe.bpf.o'),
  ours: join(checkout, 'dist', 'bpf', 'sockmap.bpf.o'),
} as const;

async function cgroupRoot(): Promise<string> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  const line = mounts.split('\n').find(mount => mount.includes(' - cgroup2 '));
  const root = line?.split(' ')[4];
  if (root === undefined) throw new Error('No cgroup v2 is mounted; mount one and run this again.');
  return root;
}

const PREFIX = `sockmap-test-bench-${process.pid}`;

/** A cgroup for the time of `use`. */
export async function withCgroup<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(await cgroupRoot(), `${PREFIX}-${name}`);
  await mkdir(path);
  try {
    return await use(path);
  } finally {
    // It stays busy for a moment after its last process has ended.
    await delay(200);
    await rmdir(path);
  }
}

/** An attachment for the time of `use`. */
export async function withAttachment<T>(
  name: keyof typeof objects,
  cgroup: string,
  use: () => Promise<T>,
): Promise<T> {
  const attachment = `${PREFIX}-${name}`;
  await run(agent, ['attach', '--object', objects[name], '--cgroup', cgroup, '--name', attachment]);
  try {
    return await use();
  } finally {
    await run(agent, ['detach', '--name', attachment, '--force']);
  }
}

/** Makes a cgroup for each variant, attaches what belongs there, and takes everything off again. */
export function withVariants<T>(use: (variants: readonly Variant[]) => Promise<T>): Promise<T> {
  return withCgroup('plain', plain =>
    withCgroup('recipe', recipe =>
      withCgroup('ours', ours =>
        withAttachment('recipe', recipe, () =>
          withAttachment('ours', ours, () =>
            use([
              { name: 'plain', cgroup: plain },
              { name: 'recipe', cgroup: recipe },
              { name: 'ours', cgroup: ours },
              { name: 'unix' },
            ]),
          ),
        ),
      ),
    ),
  );
}
