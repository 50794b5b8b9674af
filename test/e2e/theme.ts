// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Changes the colour theme of a session, by its workspace folder, as an edit of the settings file does. */
export async function setTheme(folder: string, theme: string): Promise<void> {
  const path = join(dirname(folder), 'user', 'Machine', 'settings.json');
  const settings = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify({ ...settings, 'workbench.colorTheme': theme }, undefined, 2));
}
