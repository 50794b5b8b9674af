// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Dialog, Notifications } from './page/notifications';
import { QuickInput } from './page/quickInput';
import { TreeView } from './page/treeView';
import { flat, matches, until } from './page/until';

export interface OpenOptions {
  /** Folder for screenshots. */
  readonly shots: string;
  readonly size?: { readonly width: number; readonly height: number };
}

/** The real workbench in a browser, as a person uses it. Knows no ids of the extension under test. */
export class WorkbenchPage {
  readonly page: Page;
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly dialog: Dialog;
  readonly #context: BrowserContext;
  readonly #shots: string;

  private constructor(context: BrowserContext, page: Page, shots: string) {
    this.#context = context;
    this.page = page;
    this.#shots = shots;
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page);
    this.dialog = new Dialog(page);
  }

  /** Opens the address and waits until the workbench takes input and its extension host runs. */
  static async open(browser: Browser, url: string, options: OpenOptions): Promise<WorkbenchPage> {
    const context = await browser.newContext({
      viewport: options.size ?? { width: 1440, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const workbench = new WorkbenchPage(context, page, options.shots);
    try {
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      await page.locator('.monaco-workbench .part.statusbar').waitFor({ state: 'visible', timeout: 60_000 });
      await page.locator('.monaco-workbench .activitybar .action-item').first().waitFor({ state: 'visible' });
    } catch (error) {
      await workbench.screenshot('failed-to-open');
      await context.close();
      throw error;
    }
    return workbench;
  }

  /** Runs a command through the palette by its whole title, as `Category: Title`. */
  runCommand(title: string, timeoutMs?: number): Promise<void> {
    return this.quickInput.runCommand(title, timeoutMs);
  }

  /** Opens a container of the activity bar by its title. */
  async openContainer(title: string, timeoutMs = 30_000): Promise<void> {
    const item = this.page.locator('.activitybar .action-item', {
      has: this.page.locator(`.action-label[aria-label^="${title}"]`),
    });
    await item.waitFor({ state: 'visible', timeout: timeoutMs });
    const heading = this.page.locator('.part.sidebar .composite.title h2', { hasText: title });
    if (!(await heading.isVisible())) await item.click();
    await heading.waitFor({ state: 'visible' });
  }

  view(title: string): TreeView {
    return new TreeView(this.page, title);
  }

  /** Drags the edge of the side bar until it is this many pixels wide. */
  async widenSideBar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (box === null) throw new Error('the side bar is not shown.');
    const height = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width, height);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, height, { steps: 5 });
    await this.page.mouse.up();
  }

  /** Texts of the status bar's items, by element id (`publisher.extension.item`). */
  async statusBar(): Promise<ReadonlyMap<string, string>> {
    const items = await this.page
      .locator('.part.statusbar .statusbar-item')
      .evaluateAll(found => found.map(item => [item.id, item.textContent] as const));
    return new Map(items.map(([id, text]) => [id, flat(text)]));
  }

  /** Waits for an item whose id ends with `id` and whose text matches; gives the text. */
  async waitStatus(id: string, text: string | RegExp, timeoutMs = 20_000): Promise<string> {
    const read = async (): Promise<string | undefined> =>
      [...(await this.statusBar())].find(([key]) => key.endsWith(id))?.[1];
    return until(
      `the status bar item ${id} with "${text}"`,
      async () => {
        const found = await read();
        return found !== undefined && matches(found, text) ? found : undefined;
      },
      { timeoutMs, seen: read },
    );
  }

  /** Waits until the clipboard matches; gives its text. */
  async waitClipboard(text: RegExp): Promise<string> {
    const read = () => this.page.evaluate(() => navigator.clipboard.readText());
    return until(
      `the clipboard with ${text}`,
      async () => {
        const found = await read();
        return text.test(found) ? found : undefined;
      },
      { seen: read },
    );
  }

  async clickStatus(id: string): Promise<void> {
    await this.page.locator(`.part.statusbar .statusbar-item[id$="${id}"] a`).first().click();
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await until(`the file ${name} to be offered`, async () => {
      // Whatever takes the focus meanwhile, such as a notification, closes the box again.
      if (!(await this.quickInput.isOpen())) await this.runCommand('Go to File...');
      return (await this.quickInput.tryType(name)) &&
        (await this.quickInput.items()).some(item => item.label === name)
        ? true
        : undefined;
    });
    await this.quickInput.accept();
    await this.waitEditor(name);
  }

  /** Titles of the open editors. */
  async editors(): Promise<string[]> {
    const titles = await this.page
      .locator('.editor-group-container .tab')
      .evaluateAll(tabs => tabs.map(tab => tab.getAttribute('data-resource-name') ?? tab.textContent));
    return titles.map(flat);
  }

  async waitEditor(title: string | RegExp, timeoutMs = 20_000): Promise<string> {
    return until(
      `the editor "${title}"`,
      async () => (await this.editors()).find(found => matches(found, title)),
      { timeoutMs, seen: () => this.editors() },
    );
  }

  /** The whole text of the active editor, through the clipboard. */
  async editorText(): Promise<string> {
    const editor = this.page.locator('.editor-group-container.active .monaco-editor').first();
    await editor.locator('.view-lines').click();
    await this.page.evaluate(() => navigator.clipboard.writeText(''));
    return until('the text of the editor', async () => {
      await this.page.keyboard.press('Control+A');
      await this.page.keyboard.press('Control+C');
      const text = await this.page.evaluate(() => navigator.clipboard.readText());
      return text === '' ? undefined : text;
    });
  }

  /** The labels of the context menu that is open. */
  async menuItems(): Promise<string[]> {
    const items = this.page.locator('.context-view .monaco-menu .action-label:not(.separator)');
    await items.first().waitFor({ state: 'visible' });
    return (await items.allTextContents()).map(flat);
  }

  /** Chooses from the context menu that is open. */
  async chooseMenuItem(label: string): Promise<void> {
    const item = this.page.locator('.context-view .monaco-menu .action-label', { hasText: label });
    await until(`the end of the menu with ${label}`, async () => {
      if (!(await item.isVisible())) return true;
      // A menu that has only just come takes no click.
      await item.click({ timeout: 1000 }).catch(() => undefined);
      return undefined;
    });
  }

  /** The rows of the Problems panel, opened when it is not. */
  async problems(): Promise<string[]> {
    const panel = this.page.locator('.markers-panel');
    if (!(await panel.isVisible())) {
      await this.runCommand('Problems: Focus on Problems View');
      await panel.waitFor({ state: 'visible' });
    }
    return (await panel.locator('.monaco-list-row').allTextContents()).map(flat);
  }

  async waitProblem(text: RegExp, timeoutMs = 30_000): Promise<string> {
    return until(`the problem ${text}`, async () => (await this.problems()).find(found => text.test(found)), {
      timeoutMs,
      seen: () => this.problems(),
    });
  }

  /** Writes NAME.png into the folder for screenshots. */
  async screenshot(name: string): Promise<string> {
    await mkdir(this.#shots, { recursive: true });
    const path = join(this.#shots, `${name}.png`);
    await this.page.screenshot({ path, animations: 'disabled' });
    return path;
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
