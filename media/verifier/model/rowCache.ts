// SPDX-License-Identifier: Apache-2.0
import type { PackedRows, View } from '../../../extension/protocol/verifierPanel';
import { Observable } from './observable';
import { type Row, unpackRows } from './row';

/** Rows of one request; at most MAX_ROWS of the protocol. Two hold any screen. */
export const PAGE_ROWS = 120;
/** Pages that are kept: some 16,000 rows. */
const KEPT = 128;
/**
 * Requests that are under way at a time. While the scrollbar is dragged through a log, each frame is somewhere else:
 * more of them would only keep the rows waiting that are on screen when the dragging stops.
 */
const MAX_FLYING = 2;

/** Asks the host. */
export type RequestRows = (params: {
  readonly revision: number;
  readonly first: number;
  readonly count: number;
}) => Promise<PackedRows>;

interface Page {
  readonly rows: readonly Row[];
  /** Rows as of now; an outdated page is shown until its new rows are there. */
  readonly fresh: boolean;
}

/** Pages by number, from one up to another. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** The rows around the ones on screen; those on screen are asked for first. */
export class RowCache extends Observable {
  readonly #request: RequestRows;
  readonly #failed: (error: unknown) => void;
  /** By number; the one that was needed last comes last. */
  #pages = new Map<number, Page>();
  /** Pages that are asked for. */
  #flying = new Set<number>();
  #screen: Span = { from: 0, to: 0 };
  #around: Span = { from: 0, to: 0 };
  #revision = -1;
  #count = 0;
  /** Tells answers to what was asked before the rows changed from others. */
  #turn = 0;

  constructor(request: RequestRows, failed: (error: unknown) => void) {
    super();
    this.#request = request;
    this.#failed = failed;
  }

  /** Rows of another view: those of an earlier revision are gone, more rows of the same one come in. */
  show(view: View): void {
    if (view.revision !== this.#revision) {
      this.#pages = new Map();
      this.#forget();
    } else if (view.rows !== this.#count) this.#outdateFrom(Math.floor(this.#count / PAGE_ROWS));
    this.#revision = view.revision;
    this.#count = view.rows;
  }

  /** What is said about the rows has changed. */
  refresh(): void {
    this.#forget();
    this.#outdateFrom(0);
  }

  /** Rows that came unasked: the first of the log. */
  put(packed: PackedRows): void {
    if (packed.revision !== this.#revision || packed.first !== 0) return;
    const rows = unpackRows(packed);
    for (let first = 0; first < rows.length; first += PAGE_ROWS)
      this.#keep(first / PAGE_ROWS, rows.slice(first, first + PAGE_ROWS));
    this.changed();
  }

  get(row: number): Row | undefined {
    return this.#pages.get(Math.floor(row / PAGE_ROWS))?.rows[row % PAGE_ROWS];
  }

  /** Asks for what is missing of the rows from `first` up to `end`, then for that of `around` more on both sides. */
  want(first: number, end: number, around = 0): void {
    this.#screen = this.#span(first, end);
    this.#around = this.#span(first - around, end + around);
    for (let number = this.#screen.from; number < this.#screen.to; number++) {
      const page = this.#pages.get(number);
      if (!page) continue;
      this.#pages.delete(number);
      this.#pages.set(number, page);
    }
    this.#ask();
    for (const number of this.#pages.keys()) {
      if (this.#pages.size <= KEPT) break;
      this.#pages.delete(number);
    }
  }

  #span(first: number, end: number): Span {
    return {
      from: Math.floor(Math.max(0, first) / PAGE_ROWS),
      to: Math.ceil(Math.min(end, this.#count) / PAGE_ROWS),
    };
  }

  #ask(): void {
    while (this.#flying.size < MAX_FLYING) {
      // What is not on screen waits until all else is there.
      const number =
        this.#missing(this.#screen) ?? (this.#flying.size > 0 ? undefined : this.#missing(this.#around));
      if (number === undefined) return;
      void this.#fetch(number);
    }
  }

  #missing({ from, to }: Span): number | undefined {
    for (let number = from; number < to; number++)
      if (!this.#flying.has(number) && this.#pages.get(number)?.fresh !== true) return number;
    return undefined;
  }

  async #fetch(number: number): Promise<void> {
    const turn = this.#turn;
    const first = number * PAGE_ROWS;
    this.#flying.add(number);
    try {
      const packed = await this.#request({
        ...{ revision: this.#revision, first },
        count: Math.min(PAGE_ROWS, this.#count - first),
      });
      if (turn !== this.#turn) return;
      this.#flying.delete(number);
      const fresh = this.#keep(number, unpackRows(packed));
      this.changed();
      // Rows that are not there yet are asked for when they are wanted again.
      if (fresh) this.#ask();
    } catch (error) {
      if (turn === this.#turn) this.#flying.delete(number);
      this.#failed(error);
    }
  }

  /** True when these are all rows of the page. */
  #keep(number: number, rows: readonly Row[]): boolean {
    const fresh = rows.length >= Math.min(PAGE_ROWS, this.#count - number * PAGE_ROWS);
    this.#pages.set(number, { rows, fresh });
    return fresh;
  }

  #outdateFrom(first: number): void {
    for (const [number, { rows }] of this.#pages)
      if (number >= first) this.#pages.set(number, { rows, fresh: false });
  }

  /** Answers that are on their way are of before. */
  #forget(): void {
    this.#turn++;
    this.#flying = new Set();
  }
}
