// SPDX-License-Identifier: Apache-2.0
// `npm run test:electron [VERSION]`: runs test/host/ in desktop VS Code; VSCODE_EXECUTABLE names an installed one.
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache';
import { checkout, copySample, outPath, temporaryFolder } from './checkout';
import { bundleHostTests } from './hostBundle';
import { readFloors } from './suites';

const oldest = '1.100.3';

async function executable(version: string): Promise<string> {
  const own = process.env['VSCODE_EXECUTABLE'];
  if (own !== undefined && own !== '') return own;
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: join(cacheFolder(), 'vscode') });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `VS Code ${version} cannot be downloaded (${reason}); name an installed one in VSCODE_EXECUTABLE, ` +
        'or run the same tests without desktop VS Code: npm test -- host',
    );
  }
}

async function main(): Promise<number> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) {
    throw new Error('desktop VS Code needs a display; run this under xvfb-run, or use: npm test -- host');
  }
  const vscodeExecutablePath = await executable(process.argv[2] ?? oldest);
  const { host: floor } = await readFloors();
  const extensionTestsPath = await bundleHostTests();
  await mkdir(outPath('test'), { recursive: true });
  const folder = await temporaryFolder('electron');
  try {
    const sample = join(folder.path, 'sample');
    await copySample(sample);
    const profile = [
      '--user-data-dir',
      join(folder.path, 'user'),
      '--extensions-dir',
      join(folder.path, 'ext'),
    ];
    const quiet = ['--disable-workspace-trust', '--disable-gpu', '--disable-updates', '--skip-welcome'];
    // Chromium refuses its sandbox to root.
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: checkout,
      extensionTestsPath,
      extensionTestsEnv: {
        SOCKMAP_HOST_REPORT: outPath('test', 'electron.json'),
        SOCKMAP_HOST_FLOOR: String(floor),
      },
      launchArgs: [sample, ...profile, ...quiet, ...root],
    });
  } finally {
    await folder.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
