// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../rig/browser';
import { outPath, temporaryFolder, type TemporaryFolder } from '../rig/checkout';
import { vsixPath } from '../rig/vsix';
import { startWorkbench, type Workbench } from '../rig/workbench';
import type { WorkbenchVersion } from '../rig/workbenchInstall';
import { WorkbenchPage } from './workbenchPage';

export interface SessionOptions {
  readonly version: WorkbenchVersion;
  /** Folder whose files the workspace starts with. */
  readonly fixtures: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly workspaceTrust?: boolean;
  /** Folder of the screenshots. Default: out/e2e/LABEL-VERSION. */
  readonly shots?: string;
}

/** The packaged extension installed in a real workbench, with a workspace of its own and a browser on it. */
export class Session {
  readonly page: WorkbenchPage;
  /** The workspace folder. */
  readonly folder: string;
  readonly #parts: readonly [TemporaryFolder, Workbench, Browser];

  private constructor(page: WorkbenchPage, folder: string, parts: [TemporaryFolder, Workbench, Browser]) {
    this.page = page;
    this.folder = folder;
    this.#parts = parts;
  }

  static async start(label: string, options: SessionOptions): Promise<Session> {
    const temporary = await temporaryFolder(label);
    const folder = join(temporary.path, 'workspace');
    await mkdir(folder);
    await cp(options.fixtures, folder, { recursive: true });
    const workbench = await startWorkbench({
      version: options.version,
      userDataDir: join(temporary.path, 'user'),
      extensionsDir: join(temporary.path, 'extensions'),
      vsix: await vsixPath(),
      settings: { 'sockmap.refreshInterval': 500, ...options.settings },
      ...(options.workspaceTrust === undefined ? {} : { workspaceTrust: options.workspaceTrust }),
    });
    const browser = await openBrowser();
    try {
      const shots = options.shots ?? outPath('e2e', `${label}-${options.version}`);
      const page = await WorkbenchPage.open(browser, workbench.folderUrl(folder), { shots });
      return new Session(page, folder, [temporary, workbench, browser]);
    } catch (error) {
      await browser.close();
      await workbench.stop();
      await temporary.remove();
      throw error;
    }
  }

  async stop(): Promise<void> {
    const [temporary, workbench, browser] = this.#parts;
    await browser.close();
    await workbench.stop();
    await temporary.remove();
  }
}

/** A session for several parts of a file, which are declared before it is started. */
export class SharedSession {
  #session: Session | undefined;

  async start(label: string, options: SessionOptions): Promise<void> {
    this.#session = await Session.start(label, options);
  }

  get page(): WorkbenchPage {
    return this.#started.page;
  }

  /** The workspace folder. */
  get folder(): string {
    return this.#started.folder;
  }

  async stop(): Promise<void> {
    await this.#session?.stop();
  }

  get #started(): Session {
    if (this.#session === undefined) throw new Error('the workbench is not started.');
    return this.#session;
  }
}
