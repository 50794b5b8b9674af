// SPDX-License-Identifier: Apache-2.0
import type { Locator, Page } from 'playwright-core';
import { escaped, flat, matches, until } from './until';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** Depth, from 1. */
  readonly level: number;
  /** Undefined for a row that cannot be opened. */
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
}

/** A tree of the side bar, by the title of its view. */
export class TreeView {
  readonly #page: Page;
  readonly #title: string;
  readonly #pane: Locator;
  readonly #rows: Locator;

  constructor(page: Page, title: string) {
    this.#page = page;
    this.#title = title;
    this.#pane = page.locator('.part.sidebar .pane', {
      has: page.locator('.pane-header .title', { hasText: new RegExp(`^${escaped(title)}`) }),
    });
    this.#rows = this.#pane.locator('.monaco-list-rows > .monaco-list-row');
  }

  async waitVisible(): Promise<void> {
    await this.#pane.waitFor({ state: 'visible' });
  }

  /** Opens the view's section when it is folded. */
  async unfold(): Promise<void> {
    const header = this.#pane.locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  /** The rows on screen, from top to bottom. */
  async rows(): Promise<TreeRow[]> {
    return (await this.#read()).map(({ row }) => row);
  }

  /** The rows on screen with whether the whole height of each is. */
  async #read(): Promise<{ row: TreeRow; whole: boolean }[]> {
    const raw = await this.#rows.evaluateAll(rows =>
      rows
        .map(row => ({
          top: row.getBoundingClientRect().top,
          bottom: row.getBoundingClientRect().bottom,
          end: row.closest('.monaco-list')?.getBoundingClientRect().bottom ?? 0,
          // Ancestors of the topmost row stick above the others and cover them.
          begin: Math.max(
            row.closest('.monaco-list')?.getBoundingClientRect().top ?? 0,
            row
              .closest('.monaco-list')
              ?.querySelector('.monaco-tree-sticky-container:not(.empty)')
              ?.getBoundingClientRect().bottom ?? 0,
          ),
          label: row.querySelector('.monaco-icon-label .label-name')?.textContent ?? '',
          description: row.querySelector('.monaco-icon-label .label-description')?.textContent ?? '',
          level: Number(row.getAttribute('aria-level') ?? '1'),
          expanded: row.getAttribute('aria-expanded'),
          selected: row.getAttribute('aria-selected') === 'true',
        }))
        .sort((one, other) => one.top - other.top),
    );
    return raw.map(({ top, bottom, begin, end, label, description, level, expanded, selected }) => ({
      whole: top >= begin - 1 && bottom <= end + 1,
      row: {
        label: flat(label),
        description: flat(description),
        level,
        expanded: expanded === null ? undefined : expanded === 'true',
        selected,
      },
    }));
  }

  /** Waits for a row that satisfies the test; failure shows all rows. */
  async waitFor(what: string, test: (row: TreeRow) => boolean, timeoutMs = 20_000): Promise<TreeRow> {
    return until(`${what} in ${this.#title}`, async () => (await this.rows()).find(test), {
      timeoutMs,
      seen: () => this.rows(),
    });
  }

  waitRow(label: string | RegExp, timeoutMs = 20_000): Promise<TreeRow> {
    return this.waitFor(`the row "${label}"`, row => matches(row.label, label), timeoutMs);
  }

  /** Waits until no row on screen has this label. */
  async waitGone(label: string | RegExp, timeoutMs = 20_000): Promise<void> {
    await until(
      `the end of the row "${label}" in ${this.#title}`,
      async () => ((await this.rows()).some(row => matches(row.label, label)) ? undefined : true),
      { timeoutMs, seen: () => this.rows() },
    );
  }

  /** Text shown where the tree has no rows. */
  async welcome(): Promise<string> {
    return flat(await this.#pane.locator('.welcome-view-content').textContent());
  }

  /** Line below the view's title. */
  async message(): Promise<string> {
    const message = this.#pane.locator('.tree-explorer-viewlet-tree-view > .message');
    return (await message.count()) === 0 ? '' : flat(await message.first().textContent());
  }

  async select(label: string | RegExp): Promise<void> {
    await (await this.#row(label)).click();
  }

  /** Adds a row to the selection. */
  async selectToo(label: string | RegExp): Promise<void> {
    await (await this.#row(label)).click({ modifiers: ['ControlOrMeta'] });
  }

  async expand(label: string | RegExp): Promise<void> {
    await this.#toggle(label, true);
  }

  async collapse(label: string | RegExp): Promise<void> {
    await this.#toggle(label, false);
  }

  /** Clicks an inline action of a row, by its title. */
  async inlineAction(label: string | RegExp, action: string): Promise<void> {
    const row = await this.#row(label);
    const button = row.locator(`.actions .action-label[aria-label="${action}"]`);
    await until(`the action "${action}" of "${label}"`, async () => {
      await row.hover();
      return (await button.isVisible()) ? true : undefined;
    });
    await button.click();
  }

  /** Opens the row's context menu and clicks an entry. */
  async contextMenu(label: string | RegExp, entry: string): Promise<void> {
    await (await this.#row(label)).click({ button: 'right' });
    const item = this.#page.locator(`.monaco-menu .action-label[aria-label="${entry}"]`);
    await item.waitFor({ state: 'visible' });
    // The menu takes the release of a button that it saw going down.
    await item.hover();
    await item.click({ delay: 50 });
    await item.waitFor({ state: 'hidden' });
  }

  /** Clicks an action in the view's title bar. */
  async titleAction(action: string): Promise<void> {
    await this.#pane.locator('.pane-header').hover();
    await this.#pane.locator(`.pane-header .actions .action-label[aria-label="${action}"]`).click();
  }

  /** Brings a row that lies outside the visible part onto the screen: looks upwards first, then downwards. */
  async reveal(label: string | RegExp): Promise<void> {
    let before = '';
    let step = -200;
    await until(
      `the row "${label}" in ${this.#title}`,
      async () => {
        const rows = await this.#read();
        const now = JSON.stringify(rows);
        const moving = now !== before;
        before = now;
        if (moving) return undefined;
        if (rows.some(({ row, whole }) => whole && matches(row.label, label))) return true;
        await this.#pane.locator('.monaco-list').hover();
        await this.#page.mouse.wheel(0, step);
        // Nothing moved: this end of the list is reached.
        step = (await this.#changed(now)) ? step : -step;
        return undefined;
      },
      { seen: () => this.rows() },
    );
  }

  /** Whether the rows on screen become others within the time that scrolling takes. */
  async #changed(before: string): Promise<boolean> {
    const end = performance.now() + 400;
    while (performance.now() < end) {
      if (JSON.stringify(await this.#read()) !== before) return true;
    }
    return false;
  }

  async #row(label: string | RegExp): Promise<Locator> {
    await this.reveal(label);
    const name = typeof label === 'string' ? new RegExp(`^${escaped(label)}$`) : label;
    const page = this.#page;
    return this.#rows.filter({ has: page.locator('.label-name', { hasText: name }) }).first();
  }

  async #toggle(label: string | RegExp, wanted: boolean): Promise<void> {
    const row = await this.#row(label);
    if ((await row.getAttribute('aria-expanded')) === String(wanted)) return;
    await row.locator('.monaco-tl-twistie').click();
    await this.waitFor(
      `"${label}" ${wanted ? 'open' : 'closed'}`,
      found => matches(found.label, label) && found.expanded === wanted,
    );
  }
}
