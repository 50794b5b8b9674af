// SPDX-License-Identifier: Apache-2.0
import type { Locator, Page } from 'playwright-core';
import { flat, matches, until } from './until';

export interface Notification {
  readonly severity: 'error' | 'warning' | 'info';
  readonly text: string;
  readonly actions: readonly string[];
  /** Work under way is shown by a bar. */
  readonly busy: boolean;
}

/** The toasts at the lower right. */
export class Notifications {
  readonly #items: Locator;

  constructor(page: Page) {
    this.#items = page.locator('.notifications-toasts .notification-list-item');
  }

  async list(): Promise<Notification[]> {
    const raw = await this.#items.evaluateAll(items =>
      items.map(item => ({
        icon: item.querySelector('.notification-list-item-icon')?.className ?? '',
        text: item.querySelector('.notification-list-item-message')?.textContent ?? '',
        actions: [...item.querySelectorAll('.notification-list-item-buttons-container .monaco-button')].map(
          button => button.textContent,
        ),
        busy: item.querySelector('.monaco-progress-container.active') !== null,
      })),
    );
    return raw.map(({ icon, text, actions, busy }) => ({
      severity: icon.includes('error') ? 'error' : icon.includes('warning') ? 'warning' : 'info',
      text: flat(text),
      actions: actions.map(flat).filter(action => action !== ''),
      busy,
    }));
  }

  /** Waits for a notification by its text. */
  async wait(text: string | RegExp, timeoutMs = 20_000): Promise<Notification> {
    return until(
      `the notification "${text}"`,
      async () => (await this.list()).find(item => matches(item.text, text)),
      { timeoutMs, seen: () => this.list() },
    );
  }

  /** Waits until no notification has this text. */
  async waitGone(text: string | RegExp, timeoutMs = 60_000): Promise<void> {
    await until(
      `the end of the notification "${text}"`,
      async () => ((await this.list()).some(item => matches(item.text, text)) ? undefined : true),
      { timeoutMs, seen: () => this.list() },
    );
  }

  /** Presses a button of the notification with this text: by key, since a toast moves, and hovers may cover it. */
  async press(text: string | RegExp, action: string): Promise<void> {
    await this.wait(text);
    const item = this.#items.filter({ hasText: text });
    await item.locator('.monaco-button', { hasText: action }).first().press('Enter');
  }
}

/** A modal dialog of the workbench. */
export class Dialog {
  readonly #box: Locator;

  constructor(page: Page) {
    this.#box = page.locator('.monaco-dialog-box');
  }

  /** Waits for the dialog; gives its message, then its detail. */
  async wait(timeoutMs = 20_000): Promise<{ message: string; detail: string }> {
    await this.#box.waitFor({ state: 'visible', timeout: timeoutMs });
    const detail = this.#box.locator('.dialog-message-detail');
    return {
      message: flat(await this.#box.locator('.dialog-message').first().textContent()),
      detail: (await detail.count()) === 0 ? '' : flat(await detail.first().textContent()),
    };
  }

  async click(button: string): Promise<void> {
    await this.#box.locator('.dialog-buttons .monaco-button', { hasText: button }).first().click();
    await this.#box.waitFor({ state: 'hidden' });
  }
}
