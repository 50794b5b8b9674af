// SPDX-License-Identifier: Apache-2.0
import type { Locator, Page } from 'playwright-core';
import { flat, matches, until } from './until';

export interface QuickItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

const stalePaletteMs = 4_000;

/** The box at the top of the workbench: palette, quick pick and input box. */
export class QuickInput {
  readonly #page: Page;
  readonly #widget: Locator;
  readonly #input: Locator;
  readonly #rows: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#widget = page.locator('.quick-input-widget');
    this.#input = this.#widget.locator('.quick-input-box input');
    this.#rows = this.#widget.locator('.quick-input-list .monaco-list-row');
  }

  /** Whether the box is shown and takes input; one that is closing does not. */
  async isOpen(): Promise<boolean> {
    const usable = await this.#widget.evaluateAll(widgets =>
      widgets.some(widget => widget.checkVisibility() && widget.closest('[inert]') === null),
    );
    return usable && (await this.#input.isVisible());
  }

  /** Waits for the box; with `title`, for the step of that title. */
  async waitOpen(title?: string | RegExp, timeoutMs = 20_000): Promise<void> {
    if (title === undefined) {
      await this.#input.waitFor({ state: 'visible', timeout: timeoutMs });
      return;
    }
    await until(
      `the quick input "${title}"`,
      async () => ((await this.isOpen()) && matches(await this.title(), title) ? true : undefined),
      { timeoutMs, seen: () => this.title() },
    );
  }

  /** Waits for an input box by its prompt, where the step before it has the same title. */
  async waitPrompt(prompt: RegExp, timeoutMs = 20_000): Promise<void> {
    const message = this.#widget.locator('.quick-input-message');
    await until(
      `the prompt ${prompt}`,
      async () => ((await message.isVisible()) && prompt.test(await this.message()) ? true : undefined),
      { timeoutMs, seen: () => this.message() },
    );
  }

  async waitClosed(): Promise<void> {
    await this.#widget.waitFor({ state: 'hidden' });
  }

  /** The step's title; the placeholder where it has none. */
  async title(): Promise<string> {
    if (!(await this.isOpen())) return '';
    const title = flat(await this.#widget.locator('.quick-input-title').first().textContent());
    return title === '' ? ((await this.#input.getAttribute('placeholder')) ?? '') : title;
  }

  /** The message below an input box: its prompt, or why the value is refused. */
  async message(): Promise<string> {
    return flat(await this.#widget.locator('.quick-input-message').textContent());
  }

  /** Replaces the text of the box. */
  async type(text: string): Promise<void> {
    await this.#input.fill(text);
  }

  /** Puts the text in the box unless it is there; false when the box was closed meanwhile. */
  async tryType(text: string): Promise<boolean> {
    try {
      if ((await this.#input.inputValue({ timeout: 1_000 })) !== text)
        await this.#input.fill(text, { timeout: 1_000 });
      return true;
    } catch {
      return false;
    }
  }

  value(): Promise<string> {
    return this.#input.inputValue();
  }

  /** The rows on screen; a long list shows its beginning. */
  async items(): Promise<QuickItem[]> {
    const texts = await this.#rows.evaluateAll(rows =>
      rows.map(row => ({
        label: row.querySelector('.quick-input-list-row .label-name')?.textContent ?? '',
        description: row.querySelector('.quick-input-list-row .label-description')?.textContent ?? '',
        detail: row.querySelector('.quick-input-list-label-meta')?.textContent ?? '',
      })),
    );
    return texts.map(({ label, description, detail }) => ({
      label: flat(label),
      description: flat(description),
      detail: flat(detail),
    }));
  }

  /** Waits for a row with this label; gives its place on screen. */
  async waitItem(label: string | RegExp, timeoutMs = 20_000): Promise<number> {
    return until(
      `the item "${label}"`,
      async () => {
        const found = (await this.items()).findIndex(item => matches(item.label, label));
        return found < 0 ? undefined : found;
      },
      { timeoutMs, seen: () => this.items() },
    );
  }

  /** Picks the row with this label; in a list of many choices, ticks it. */
  async pick(label: string | RegExp, timeoutMs = 20_000): Promise<void> {
    const place = await this.waitItem(label, timeoutMs);
    await this.#rows.nth(place).click();
  }

  /** Enter. */
  async accept(): Promise<void> {
    await this.#input.press('Enter');
  }

  /** Types a value and accepts it. */
  async enter(text: string): Promise<void> {
    await this.waitOpen();
    await this.type(text);
    await this.accept();
  }

  /** Escape. */
  async cancel(): Promise<void> {
    await this.#input.press('Escape');
    await this.waitClosed();
  }

  /** The back arrow of a step. */
  async back(): Promise<void> {
    await this.#widget.locator('.quick-input-left-action-bar a.action-label').first().click();
  }

  /** Runs a command through the palette by its whole title, as `Category: Title`. */
  async runCommand(title: string, timeoutMs = 30_000): Promise<void> {
    let openedAt = 0;
    await until(
      `the command "${title}" in the palette`,
      async () => {
        if (!(await this.isOpen())) {
          await this.#page.keyboard.press('F1');
          openedAt = performance.now();
          return undefined;
        }
        // Something else asks: it goes, or the command would be typed into it. And an open palette keeps
        // the commands that there were when it was opened, perhaps before the extension ran.
        if (!(await this.value()).startsWith('>') || performance.now() - openedAt > stalePaletteMs) {
          await this.#page.keyboard.press('Escape');
          openedAt = performance.now();
          return undefined;
        }
        if (!(await this.tryType(`>${title}`))) return undefined;
        // Enter takes the focused row: wait until that is the one, since the list is still being filtered.
        const focused = this.#rows.and(this.#page.locator('.focused')).locator('.label-name').first();
        if ((await focused.count()) === 0 || flat(await focused.textContent()) !== title) return undefined;
        await this.accept();
        return true;
      },
      { timeoutMs, seen: () => this.items() },
    );
  }
}
