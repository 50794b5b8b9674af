// SPDX-License-Identifier: Apache-2.0
import type { PackedRows, View } from '../../../extension/protocol/verifierPanel';
import { Observable } from './observable';
import { type Row, unpackRows } from './row';

/** Rows of one request; at most MAX_ROWS of the protocol. */
export const PAGE_ROWS = 250;
/** Pages that are kept: some 16,000 rows. */
const KEPT = 64;

/** Asks the host; `cancel` gets the function that gives the request up. */
export type RequestRows = (
  params: { readonly revision: number; readonly first: number; readonly count: number },
  cancel: (cancel: () => void) => void,
) => Promise<PackedRows>;

interface Page {
  rows: readonly Row[];
  /** Rows as of now; an outdated page is shown until its new rows are there. */
  fresh: boolean;
  cancel: (() => void) | undefined;
  asked: boolean;
}

/** The rows around the ones on screen. What is asked for and has gone out of sight meanwhile is given up. */
export class RowCache extends Observable {
  readonly #request: RequestRows;
  readonly #failed: (error: unknown) => void;
  /** By number; the one that was needed last comes last. */
  #pages = new Map<number, Page>();
  #revision = -1;
  #count = 0;

  constructor(request: RequestRows, failed: (error: unknown) => void) {
    super();
    this.#request = request;
    this.#failed = failed;
  }

  /** Rows of another view: those of an earlier revision are gone, more rows of the same one come in. */
  show(view: View): void {
    if (view.revision !== this.#revision) this.#drop();
    else if (view.rows !== this.#count) this.#outdateFrom(Math.floor(this.#count / PAGE_ROWS));
    this.#revision = view.revision;
    this.#count = view.rows;
  }

  /** What is said about the rows has changed. */
  refresh(): void {
    this.#outdateFrom(0);
  }

  get(row: number): Row | undefined {
    return this.#pages.get(Math.floor(row / PAGE_ROWS))?.rows[row % PAGE_ROWS];
  }

  /** Asks for what is missing of the rows from `first` up to `end`, and gives up what is asked for elsewhere. */
  want(first: number, end: number): void {
    const from = Math.floor(Math.max(0, first) / PAGE_ROWS);
    const to = Math.ceil(Math.min(end, this.#count) / PAGE_ROWS);
    for (const [number, page] of this.#pages)
      if ((number < from || number >= to) && page.cancel) this.#giveUp(number, page);
    for (let number = from; number < to; number++) this.#need(number);
    for (const number of this.#pages.keys()) {
      if (this.#pages.size <= KEPT) break;
      this.#pages.delete(number);
    }
  }

  #need(number: number): void {
    const page = this.#pages.get(number) ?? { rows: [], fresh: false, cancel: undefined, asked: false };
    this.#pages.delete(number);
    this.#pages.set(number, page);
    if (page.fresh || page.asked) return;
    page.asked = true;
    void this.#fetch(number, page);
  }

  async #fetch(number: number, page: Page): Promise<void> {
    const first = number * PAGE_ROWS;
    const params = {
      revision: this.#revision,
      first,
      count: Math.min(PAGE_ROWS, this.#count - first),
    };
    try {
      const packed = await this.#request(params, cancel => (page.cancel = cancel));
      if (this.#pages.get(number) !== page || packed.revision !== this.#revision) return;
      page.rows = unpackRows(packed);
      // Rows that came in while these were on their way are asked for next time.
      page.fresh = packed.lines.length >= Math.min(PAGE_ROWS, this.#count - first);
      this.changed();
    } catch (error) {
      this.#failed(error);
    } finally {
      page.cancel = undefined;
      page.asked = false;
    }
  }

  #giveUp(number: number, page: Page): void {
    const { cancel } = page;
    page.cancel = undefined;
    // A page without rows is asked for anew, by another object, as soon as it is needed.
    if (page.rows.length === 0) this.#pages.delete(number);
    cancel?.();
  }

  #outdateFrom(first: number): void {
    for (const [number, page] of this.#pages) {
      if (number < first) continue;
      // An answer that is on its way is of before.
      this.#pages.set(number, { rows: page.rows, fresh: false, cancel: undefined, asked: false });
      page.cancel?.();
    }
  }

  #drop(): void {
    const pages = [...this.#pages.values()];
    this.#pages = new Map();
    for (const page of pages) page.cancel?.();
  }
}
