// SPDX-License-Identifier: Apache-2.0

/**
 * Browsers clamp the height of an element: Chromium at 2^25 device pixels, Firefox at 17.9 million. Beyond this the
 * scrollbar's way is shorter than the content's, by a factor.
 */
export const MAX_HEIGHT = 4_000_000;

export interface Extent {
  readonly rows: number;
  /** Pixels. */
  readonly rowHeight: number;
  readonly viewport: number;
}

const clamp = (value: number, end: number): number => Math.min(Math.max(value, 0), Math.max(end, 0));

/**
 * Between where the scrollbar is (`scrollTop`, pixels of an element of at most {@link MAX_HEIGHT}) and the offset in
 * the content, pixels of all rows one below the other.
 */
export class ScrollMap {
  readonly #extent: Extent;

  constructor(extent: Extent) {
    this.#extent = extent;
  }

  /** Height of all rows. */
  get content(): number {
    return this.#extent.rows * this.#extent.rowHeight;
  }

  /** Height of the element that makes the scrollbar. */
  get height(): number {
    return Math.min(this.content, MAX_HEIGHT);
  }

  get scaled(): boolean {
    return this.content > MAX_HEIGHT;
  }

  /** Offset of the last screenful. */
  get end(): number {
    return Math.max(0, this.content - this.#extent.viewport);
  }

  offsetOf(scrollTop: number): number {
    if (!this.scaled) return clamp(scrollTop, this.end);
    return clamp((scrollTop / (MAX_HEIGHT - this.#extent.viewport)) * this.end, this.end);
  }

  scrollTopOf(offset: number): number {
    if (!this.scaled) return clamp(offset, this.end);
    return (clamp(offset, this.end) / this.end) * (MAX_HEIGHT - this.#extent.viewport);
  }

  /** An offset moved by some pixels. */
  moved(offset: number, by: number): number {
    return clamp(offset + by, this.end);
  }

  /** Rows that are at least partly on screen, with `overscan` more at both ends. */
  visible(offset: number, overscan: number): { readonly first: number; readonly end: number } {
    const { rows, rowHeight, viewport } = this.#extent;
    return {
      first: clamp(Math.floor(offset / rowHeight) - overscan, rows),
      end: clamp(Math.ceil((offset + viewport) / rowHeight) + overscan, rows),
    };
  }

  /** The most rows that {@link visible} names. */
  most(overscan: number): number {
    const { rowHeight, viewport } = this.#extent;
    return Math.ceil(viewport / rowHeight) + 1 + 2 * overscan;
  }

  /** Offset at which a row is on screen: the nearest one, or with the row in the middle if it is far away. */
  revealing(row: number, offset: number): number {
    const { rowHeight, viewport } = this.#extent;
    const top = row * rowHeight;
    const below = top + rowHeight - viewport;
    if (top >= offset && below <= offset) return offset;
    const near = top < offset ? offset - top < viewport : below - offset < viewport;
    // One row of context, so that it shows that the log goes on.
    if (near) return clamp(top < offset ? top - rowHeight : below + rowHeight, this.end);
    return clamp(top - (viewport - rowHeight) / 2, this.end);
  }
}
