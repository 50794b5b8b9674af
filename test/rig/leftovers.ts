// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runAgent } from '../support/agentCli';
import { cgroup2Root } from '../support/cgroup';

const pins = '/sys/fs/bpf/sockmap';

/** Whether a name is that of a test process that is gone: `sockmap-test-<pid>-...`. */
function orphaned(name: string): boolean {
  const pid = /^sockmap-test-(\d+)-/.exec(name)?.[1];
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

const entries = async (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Takes off what a suite that had to be killed left attached; says what it found. */
export async function removeLeftovers(): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await entries(pins)).filter(orphaned)) {
    await runAgent('detach', '--name', name, '--force');
    found.push(name);
  }
  const root = await cgroup2Root().catch(() => undefined);
  if (root === undefined) return found;
  for (const name of (await entries(root)).filter(orphaned)) {
    await rmdir(join(root, name)).catch(() => undefined);
    found.push(name);
  }
  return found;
}
