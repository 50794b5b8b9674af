// SPDX-License-Identifier: Apache-2.0
import type { SliceOfValue, SliceRoleName } from '../../../extension/protocol/verifierPanel';

/** How a line of the stream lies to the chain of a value. */
export interface RailMark {
  /** The chain goes on above, below. */
  readonly up: boolean;
  readonly down: boolean;
  readonly role: SliceRoleName | undefined;
}

const none: RailMark = { up: false, down: false, role: undefined };

/** A value's chain from the line where it was asked for back to where it came from. */
export class Trace {
  readonly slice: SliceOfValue;
  /** Step that was gone to last; -1: the line that it was asked for. */
  index = -1;
  readonly #roles: ReadonlyMap<number, SliceRoleName>;
  readonly #first: number;
  readonly #last: number;

  constructor(slice: SliceOfValue) {
    this.slice = slice;
    this.#roles = new Map(slice.steps.map(({ line, role }) => [line, role]));
    const lines = slice.steps.map(({ line }) => line);
    this.#first = lines.reduce((least, line) => Math.min(least, line), slice.line);
    this.#last = lines.reduce((most, line) => Math.max(most, line), slice.line);
  }

  mark(line: number): RailMark {
    if (this.slice.steps.length === 0 || line < this.#first || line > this.#last) return none;
    return {
      up: line > this.#first,
      down: line < this.#last,
      role: this.#roles.get(line),
    };
  }

  /** Goes towards the origin (1) or back (-1); the line to show, undefined at an end. */
  step(by: 1 | -1): number | undefined {
    const index = this.index + by;
    if (index < -1 || index >= this.slice.steps.length) return undefined;
    this.index = index;
    return index < 0 ? this.slice.line : this.slice.steps[index]?.line;
  }
}
