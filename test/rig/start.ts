// SPDX-License-Identifier: Apache-2.0
// `npm start`: the extension under development and a sample workspace, in desktop VS Code where `code` is there,
// else in the real workbench served on 127.0.0.1.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache';
import { checkout, copySample, temporaryFolder } from './checkout';
import { run } from './processes';
import { startWorkbench } from './workbench';

const say = (text: string): void => {
  console.log(`sockmap: ${text}`);
};

async function openDesktop(sample: string): Promise<void> {
  await run('code', ['--new-window', `--extensionDevelopmentPath=${checkout}`, sample]);
  say(`VS Code opens ${sample}`);
}

/** Serves the workbench until Ctrl-C. */
async function serve(sample: string): Promise<void> {
  const folder = await temporaryFolder('start');
  const extensionsDir = join(folder.path, 'extensions');
  await mkdir(extensionsDir);
  // The checkout itself is the installed extension, so that a rebuild needs only a reload of the window.
  await symlink(checkout, join(extensionsDir, 'sockmap.sockmap-development'));
  say('preparing the workbench (some minutes the first time)');
  const workbench = await startWorkbench({
    version: '1.139.1',
    userDataDir: join(folder.path, 'user'),
    extensionsDir,
  });
  say(`open ${workbench.folderUrl(sample)}`);
  say('Ctrl-C ends it');
  await workbench.ended;
  throw new Error(`the workbench ended by itself:\n${workbench.log()}`);
}

async function main(): Promise<void> {
  say('building');
  await run('npm', ['run', '--silent', 'build'], { cwd: checkout, label: 'the build' });
  // It outlives us, with what was edited in it.
  const sample = join(cacheFolder(), 'sample');
  if (!existsSync(sample)) await copySample(sample);
  if (spawnSync('code', ['--version'], { stdio: 'ignore', cwd: homedir() }).status === 0)
    await openDesktop(sample);
  else await serve(sample);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
