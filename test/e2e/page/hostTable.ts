// SPDX-License-Identifier: Apache-2.0
import type { Locator, Page } from 'playwright-core';
import { flat } from './until';
import { shownWebview } from './webview';

export interface TableRow {
  readonly host: string;
  /** Kernel and duration. */
  readonly notes: string;
  /** Texts by program; a row that is about the whole host has one under the empty name. */
  readonly cells: Readonly<Record<string, string>>;
}

/** The table of Verify on All Hosts. */
export class HostTable {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  heading(): Promise<string> {
    return this.find('h1').innerText();
  }

  /** Something of the page. */
  find(selector: string): Locator {
    return shownWebview(this.#page).locator(selector);
  }

  async rows(): Promise<TableRow[]> {
    const raw = await this.find('table').evaluateAll(tables =>
      tables.flatMap(table => {
        const texts = (parent: Element, selector: string): string[] =>
          [...parent.querySelectorAll<HTMLElement>(selector)].map(element => element.innerText);
        const [, ...programs] = texts(table, 'thead th');
        return [...table.querySelectorAll('tbody tr')].map(row => ({
          programs: row.querySelector('td[colspan]') === null ? programs : [''],
          head: texts(row, 'th .host')[0] ?? '',
          notes: texts(row, 'th small'),
          cells: texts(row, 'td'),
        }));
      }),
    );
    return raw.map(({ programs, head, notes, cells }) => ({
      host: flat(head),
      notes: flat(notes.join(', ')),
      cells: Object.fromEntries(programs.map((program, place) => [flat(program), flat(cells[place] ?? '')])),
    }));
  }
}
