// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executables = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the system's Chromium without a window, but with its scrollbars; `CHROMIUM` names another executable. */
export async function openBrowser(): Promise<Browser> {
  const own = process.env['CHROMIUM'];
  const executablePath = own ?? executables.find(path => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('no Chromium found; install the package chromium, or name its executable in CHROMIUM.');
  }
  return chromium.launch({
    executablePath,
    ignoreDefaultArgs: ['--hide-scrollbars'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
