// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { parseSshConfig } from '../core/sshConfig';

/** As in OpenSSH's readconf.h (READCONF_MAX_DEPTH). */
const MAX_DEPTH = 16;

/**
 * Host names of the user's ssh configuration, for a pick list, sorted. Files that cannot be read count as
 * empty. `file` is the configuration to start from, relative Includes are below its folder.
 */
export async function listSshConfigHosts(
  file: string = join(homedir(), '.ssh', 'config'),
): Promise<string[]> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const base = dirname(file);

  async function visit(path: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH || seen.has(path)) {
      return;
    }
    seen.add(path);
    const text = await readFile(path, 'utf8').catch(() => '');
    const { hosts, includes } = parseSshConfig(text);
    hosts.forEach(name => names.add(name));
    for (const pattern of includes) {
      for (const included of await expand(resolveInclude(pattern, base))) {
        await visit(included, depth + 1);
      }
    }
  }

  await visit(file, 0);
  return [...names].sort((a, b) => a.localeCompare(b));
}

function resolveInclude(pattern: string, base: string): string {
  if (pattern === '~' || pattern.startsWith('~/')) {
    return join(homedir(), pattern.slice(1));
  }
  return isAbsolute(pattern) ? pattern : join(base, pattern);
}

/** Wildcards in the last part of the path only, which is what configurations have (`config.d/*`). */
async function expand(path: string): Promise<string[]> {
  const last = basename(path);
  if (!/[*?]/.test(last)) {
    return [path];
  }
  const literal = last.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  const entries = await readdir(dirname(path)).catch(() => []);
  return entries
    .filter(name => pattern.test(name) && (last.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map(name => join(dirname(path), name));
}
