// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import type { HostState } from '../../extension/core/hosts';
import type { Logger } from '../../extension/core/logger';
import { ProblemError } from '../../extension/core/problem';
import type { Host } from '../../extension/host';

export const silent: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The problem that a promise is rejected with; throws when it is not. */
export async function problemOf(promise: Promise<unknown>) {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProblemError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('It succeeded.');
}

export function stateOf(
  host: Host,
  wanted: (state: HostState) => boolean,
  timeoutMs = 20_000,
): Promise<HostState> {
  return new Promise((resolve, reject) => {
    if (wanted(host.state)) {
      resolve(host.state);
      return;
    }
    const timer = setTimeout(() => {
      listening.dispose();
      reject(new Error(`It stays ${JSON.stringify(host.state)}.`));
    }, timeoutMs);
    const listening = host.onDidChangeState(state => {
      if (wanted(state)) {
        clearTimeout(timer);
        listening.dispose();
        resolve(state);
      }
    });
  });
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Living processes (no zombies) of which this one is an ancestor, or `root`. */
export async function descendants(root: number = process.pid): Promise<ProcessInfo[]> {
  const all: ProcessInfo[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) {
      continue;
    }
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => undefined);
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields !== undefined && fields[0] !== 'Z') {
      all.push({
        pid: Number(entry),
        parent: Number(fields[1]),
        command: command.replaceAll('\0', ' ').trim(),
      });
    }
  }
  const found: ProcessInfo[] = [];
  const visit = (parent: number): void => {
    for (const child of all.filter(p => p.parent === parent)) {
      found.push(child);
      visit(child.pid);
    }
  };
  visit(root);
  return found;
}

export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error(`Not within ${String(timeoutMs)} ms: ${what}`);
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
