// SPDX-License-Identifier: Apache-2.0
// Runs test/host/ inside the extension host of the oldest supported VS Code, driven through its web workbench.
import type { Page } from 'playwright-core';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from './browser';
import { checkout, copySample, outPath, temporaryFolder } from './checkout';
import { bundleHostTests } from './hostBundle';
import { readFloors } from './suites';
import { startWorkbench } from './workbench';

const limitMs = 200_000;

/** Prints one console call of the extension host; its arguments arrive as JSON. */
function printLog(type: string, args: unknown): void {
  const parts: unknown[] = Array.isArray(args) ? args : [args];
  const text = parts.map(part => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
  (type === 'error' || type === 'warn' ? process.stderr : process.stdout).write(`${text}\n`);
}

/** Resolves with the code that the test run in the extension host ends with. */
async function exitCodeOf(page: Page, open: () => Promise<unknown>): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the extension host did not finish its tests within ${limitMs / 1000} s`));
    }, limitMs);
    page.on('crash', () => {
      reject(new Error('the workbench page crashed'));
    });
    void (async () => {
      await page.exposeFunction('codeAutomationLog', printLog);
      await page.exposeFunction('codeAutomationExit', (code: number) => {
        clearTimeout(timer);
        resolve(code);
      });
      await open();
    })().catch(reject);
  });
}

async function main(): Promise<number> {
  const { host: floor } = await readFloors();
  const extensionTestsPath = await bundleHostTests();
  await mkdir(outPath('test'), { recursive: true });
  const folder = await temporaryFolder('host');
  const sample = join(folder.path, 'sample');
  await copySample(sample);
  const workbench = await startWorkbench({
    version: '1.100.3',
    userDataDir: join(folder.path, 'user'),
    extensionsDir: join(folder.path, 'extensions'),
    env: { SOCKMAP_HOST_REPORT: outPath('test', 'host.json'), SOCKMAP_HOST_FLOOR: String(floor) },
  });
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const url = workbench.folderUrl(sample, { extensionDevelopmentPath: checkout, extensionTestsPath });
    return await exitCodeOf(page, () => page.goto(url));
  } catch (error) {
    process.stderr.write(`${workbench.log()}\n`);
    throw error;
  } finally {
    await browser.close();
    await workbench.stop();
    await folder.remove();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
