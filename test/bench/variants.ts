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

/** Makes a cgroup for each variant, attaches what belongs there, and takes everything off again. */
export async function withVariants<T>(use: (variants: readonly Variant[]) => Promise<T>): Promise<T> {
  const root = await cgroupRoot();
  const prefix = `sockmap-test-bench-${process.pid}`;
  const cgroup = (name: string): string => join(root, `${prefix}-${name}`);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const name of ['plain', 'recipe', 'ours'] as const) {
      await mkdir(cgroup(name));
      undo.push(() => rmdir(cgroup(name)));
      if (name === 'plain') continue;
      await run(agent, [
        'attach',
        '--object',
        objects[name],
        '--cgroup',
        cgroup(name),
        '--name',
        `${prefix}-${name}`,
      ]);
      undo.push(() => run(agent, ['detach', '--name', `${prefix}-${name}`, '--force']));
    }
    return await use([
      { name: 'plain', cgroup: cgroup('plain') },
      { name: 'recipe', cgroup: cgroup('recipe') },
      { name: 'ours', cgroup: cgroup('ours') },
      { name: 'unix' },
    ]);
  } finally {
    // A cgroup stays busy for a moment after its last process has ended.
    await delay(200);
    for (const step of undo.reverse()) await step();
  }
}
