// SPDX-License-Identifier: Apache-2.0
import { type Extent, ScrollMap } from '../model/scrollMap';

const LINE = 1;
const PAGE = 2;

/**
 * Where a scrolling element is in content that may be higher than an element can be. The element's own scrolling is
 * used as it is where the content fits; where the scrollbar is scaled, the wheel moves the content pixel by pixel
 * all the same.
 */
export class Viewport {
  readonly #scroller: HTMLElement;
  readonly #moved: () => void;
  #extent: Extent = { rows: 0, rowHeight: 1, viewport: 0 };
  #map = new ScrollMap(this.#extent);
  /** What the scrollbar was set to, and what it then said; anything else is a person's doing. */
  #set = 0;
  offset = 0;

  constructor(scroller: HTMLElement, moved: () => void) {
    this.#scroller = scroller;
    this.#moved = moved;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    scroller.addEventListener('wheel', event => this.#wheel(event, false), { passive: false });
  }

  get map(): ScrollMap {
    return this.#map;
  }

  /** True when anything changed. Call it again once the element has its new height. */
  resize(extent: Extent): boolean {
    const before = this.#extent;
    if (
      extent.rows === before.rows &&
      extent.rowHeight === before.rowHeight &&
      extent.viewport === before.viewport
    )
      return false;
    // The same row stays on top when the font changes.
    const offset = (this.offset / before.rowHeight) * extent.rowHeight;
    this.#extent = extent;
    this.#map = new ScrollMap(extent);
    this.offset = this.#map.moved(offset, 0);
    return true;
  }

  /** A wheel that was turned over something else than the scrolling element. */
  wheel(event: WheelEvent): void {
    this.#wheel(event, true);
  }

  scrollTo(offset: number): void {
    this.offset = this.#map.moved(offset, 0);
    this.#place();
  }

  reveal(row: number): void {
    this.scrollTo(this.#map.revealing(row, this.offset));
  }

  /** Where the rows' layer has to be for the row `first` to be where it belongs. */
  layerTop(first: number): number {
    const top = first * this.#extent.rowHeight;
    return this.#map.scaled ? this.#scroller.scrollTop + top - this.offset : top;
  }

  /** Puts the scrollbar where the offset is. */
  #place(): void {
    this.#scroller.scrollTop = this.#map.scrollTopOf(this.offset);
    // The browser rounds it.
    this.#set = this.#scroller.scrollTop;
  }

  #scrolled(): void {
    const { scrollTop } = this.#scroller;
    if (this.#map.scaled && Math.abs(scrollTop - this.#set) < 1) return;
    this.#set = scrollTop;
    this.offset = this.#map.offsetOf(scrollTop);
    this.#moved();
  }

  #wheel(event: WheelEvent, elsewhere: boolean): void {
    if (!(this.#map.scaled || elsewhere) || event.deltaY === 0 || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { rowHeight, viewport } = this.#extent;
    const unit = event.deltaMode === LINE ? rowHeight : event.deltaMode === PAGE ? viewport : 1;
    this.offset = this.#map.moved(this.offset, event.deltaY * unit);
    this.#place();
    this.#moved();
  }
}
