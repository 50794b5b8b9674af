// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessGroup, run } from './processes';
import { installWorkbench, type WorkbenchVersion } from './workbenchInstall';

export interface WorkbenchOptions {
  readonly version: WorkbenchVersion;
  /** Folder of settings, state and logs; made when missing. */
  readonly userDataDir: string;
  /** Folder of installed extensions; made when missing. */
  readonly extensionsDir: string;
  /** User settings, on top of those that keep the workbench quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A VSIX to install first. */
  readonly vsix?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Environment of the extension host, on top of our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ask before running code of a folder; off unless a test is about it. */
  readonly workspaceTrust?: boolean;
}

export interface FolderOptions {
  /** Folder of an extension under development (1.100 only: later servers ignore the payload). */
  readonly extensionDevelopmentPath?: string;
  /** Module with `run()` that the extension host executes (1.100 only). */
  readonly extensionTestsPath?: string;
}

export interface Workbench {
  readonly url: string;
  /** Address that opens the folder `dir`. */
  folderUrl(dir: string, options?: FolderOptions): string;
  /** What the server printed so far, for failure messages. */
  log(): string;
  /** Settles when the server is gone, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'files.simpleDialog.enable': true,
};

/** Waits for the line with which the server names its port. */
function portOf(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the workbench did not start within 60 s:\n${output()}`));
    }, 60_000);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    child.stdout?.on('data', () => {
      const match = /Extension host agent listening on (\d+)/.exec(output());
      if (match !== null)
        settle(() => {
          resolve(Number(match[1]));
        });
    });
    child.on('error', error => {
      settle(() => {
        reject(new Error(`the workbench cannot be run: ${error.message}`));
      });
    });
    child.on('exit', code => {
      settle(() => {
        reject(new Error(`the workbench ended with exit code ${code ?? 'none'}:\n${output()}`));
      });
    });
  });
}

function payloadOf(authority: string, options: FolderOptions): string {
  const remote = (path: string): string => `vscode-remote://${authority}${path}`;
  const payload: [string, string][] = [['skipWelcome', 'true']];
  if (options.extensionDevelopmentPath !== undefined)
    payload.push(['extensionDevelopmentPath', remote(options.extensionDevelopmentPath)]);
  if (options.extensionTestsPath !== undefined)
    payload.push(['extensionTestsPath', remote(options.extensionTestsPath)]);
  return JSON.stringify(payload);
}

/** Starts VS Code's own server with its web workbench on 127.0.0.1; no token, no marketplace, no telemetry. */
export async function startWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { node, server } = await installWorkbench(options.version);
  const settingsFolder = join(options.userDataDir, 'User');
  const machineFolder = join(options.userDataDir, 'Machine');
  for (const dir of [settingsFolder, machineFolder, options.extensionsDir])
    await mkdir(dir, { recursive: true });
  await writeFile(
    join(machineFolder, 'settings.json'),
    JSON.stringify({ ...quietSettings, ...options.settings }, undefined, 2),
  );
  const entry = join(server, 'out', 'server-main.js');
  const folders = ['--user-data-dir', options.userDataDir, '--extensions-dir', options.extensionsDir];
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env, EXTENSIONS_GALLERY: '{}' };
  if (options.vsix !== undefined) {
    const install = [entry, ...folders, '--install-extension', options.vsix, '--force'];
    await run(node, install, { env, label: `installation of ${options.vsix}` });
  }
  const args = [entry, ...folders, '--host', '127.0.0.1', '--port', String(options.port ?? 0)];
  args.push('--without-connection-token', '--accept-server-license-terms', '--telemetry-level', 'off');
  if (options.workspaceTrust !== true) args.push('--disable-workspace-trust');
  const group = new ProcessGroup();
  const child = group.spawn(node, args, { env });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-20_000);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  const ended = new Promise<void>(resolve => {
    child.on('exit', () => {
      resolve();
    });
  });
  try {
    const authority = `127.0.0.1:${await portOf(child, () => output)}`;
    const url = `http://${authority}`;
    return {
      url,
      folderUrl(dir, folderOptions = {}) {
        const query = new URLSearchParams({ folder: dir });
        if (Object.keys(folderOptions).length > 0) query.set('payload', payloadOf(authority, folderOptions));
        return `${url}/?${query.toString()}`;
      },
      log: () => output,
      ended,
      stop: () => group.stop(),
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
