// SPDX-License-Identifier: Apache-2.0
import type { Frame, Locator, Page } from 'playwright-core';
import type { Panel } from '../../../media/verifier/model/panel';
import { until } from './until';
import { shownWebview } from './webview';

/** The Verifier Log panel. */
export class VerifierPanel {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Something of the page; selectors look into the shadow trees of its components. */
  find(selector: string): Locator {
    return shownWebview(this.#page).locator(selector);
  }

  row(text: string | RegExp): Locator {
    return this.find('verifier-stream .row').filter({ hasText: text }).first();
  }

  get selected(): Locator {
    return this.find('verifier-stream .row.selected');
  }

  get stream(): Locator {
    return this.find('verifier-stream .scroller');
  }

  /** Title of the tab that has the keyboard's focus. */
  async focusedTab(): Promise<string | undefined> {
    const focused = this.find('vscode-tab-header:focus');
    return (await focused.count()) === 0 ? undefined : (await focused.first().textContent())?.trim();
  }

  /**
   * Brings the page into the state of a search that takes long: the search itself takes 50 ms for a million lines, too
   * short to be met.
   */
  async pretendToSearch(): Promise<void> {
    await this.find('verifier-app').evaluate(app => {
      const { search } = (app as unknown as { panel: Panel }).panel;
      search.running = true;
      search.progress(12_345, 0.4);
    });
  }

  /** The page's own frame, to run a script in it. */
  async frame(): Promise<Frame> {
    return until('the frame of the verifier log', async () => {
      const element = await this.find('verifier-app').elementHandle();
      return (await element.ownerFrame()) ?? undefined;
    });
  }
}
