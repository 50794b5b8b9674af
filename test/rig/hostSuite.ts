// SPDX-License-Identifier: Apache-2.0
// Runs test/host/ inside the extension host of the oldest supported VS Code, driven through its web workbench.
import type { Page } from 'playwright-core';
import { mkdir } from 'node:fs/promises';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import { reportMark } from '../host/mark';
import { openBrowser } from './browser';
import { checkout, copySample, outPath, temporaryFolder } from './checkout';
import { bundleHostTests } from './hostBundle';
import { readFloors } from './suites';
import { startWorkbench } from './workbench';

const limitMs = 200_000;

/** Sorts the console calls of the extension host: the tests' own lines to the terminal, all to the log. */
function sortLog(log: WriteStream): (type: string, args: unknown) => void {
  return (type, args) => {
    const line = format(...(Array.isArray(args) ? (args as unknown[]) : [args]));
    log.write(`${type}: ${line}\n`);
    if (line.startsWith(reportMark)) process.stdout.write(`${line.slice(reportMark.length)}\n`);
  };
}

/** Resolves with the code that the test run in the extension host ends with. */
async function exitCodeOf(page: Page, log: WriteStream, open: () => Promise<unknown>): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the extension host did not finish its tests within ${limitMs / 1000} s`));
    }, limitMs);
    page.on('crash', () => {
      reject(new Error('the workbench page crashed'));
    });
    void (async () => {
      await page.exposeFunction('codeAutomationLog', sortLog(log));
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
  const log = createWriteStream(outPath('test', 'host.log'));
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
    return await exitCodeOf(page, log, () => page.goto(url));
  } catch (error) {
    process.stderr.write(`${workbench.log()}\n`);
    throw error;
  } finally {
    log.end();
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
