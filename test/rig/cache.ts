// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Folder of downloads and installs shared by all checkouts; never inside the repository. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['SOCKMAP_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'sockmap-dev');
}

const staleAfterMs = 60_000;

async function holderIsGone(lock: string): Promise<boolean> {
  const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => '0'));
  if (pid > 0 && existsSync('/proc/self') && !existsSync(`/proc/${pid}`)) return true;
  try {
    return Date.now() - (await stat(lock)).mtimeMs > staleAfterMs;
  } catch {
    return false;
  }
}

/**
 * Runs `work` while holding the lock folder `path`, so that suites running side by side do an install once.
 * A lock whose holder died, or that was not renewed for a minute, is taken over.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    try {
      await mkdir(path);
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    if (await holderIsGone(path)) await rm(path, { recursive: true, force: true });
    else await delay(250);
  }
  const renew = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, 5_000);
  try {
    await writeFile(join(path, 'pid'), String(process.pid));
    return await work();
  } finally {
    clearInterval(renew);
    await rm(path, { recursive: true, force: true });
  }
}

/**
 * Fills the folder `target` once: `fill` works in a temporary neighbour that is renamed when it is whole.
 * A present folder is kept, so the caller puts everything that changes its contents into its name.
 */
export async function installOnce(target: string, fill: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(target)) return target;
  return withLock(`${target}.lock`, async () => {
    if (existsSync(target)) return target;
    // What a killed install left.
    for (const name of await readdir(dirname(target))) {
      const left = join(dirname(target), name);
      if (left.startsWith(`${target}.partial-`)) await rm(left, { recursive: true, force: true });
    }
    const partial = await mkdtemp(`${target}.partial-`);
    try {
      await fill(partial);
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
    return target;
  });
}
