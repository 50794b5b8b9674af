// SPDX-License-Identifier: Apache-2.0
import type { LineKind } from '../../../extension/core/verifierLog/kinds';
import type { PackedRows } from '../../../extension/protocol/verifierPanel';

/** One row of the stream. */
export interface Row {
  /** Line of the log, from 0. */
  readonly line: number;
  readonly kind: LineKind;
  /** Depth of calls. */
  readonly frame: number;
  readonly text: string;
  /** Index of the instruction, -1 for other lines. */
  readonly insn: number;
  /** Where the instruction or the C text starts and ends in the text. */
  readonly start: number;
  readonly end: number;
  /** `file.c:12` of a source line, else nothing. */
  readonly place: string;
  /** Lines that are folded away below; 0: its path can be folded; -1: neither. */
  readonly fold: number;
  readonly found: boolean;
}

export function unpackRows(packed: PackedRows): Row[] {
  return packed.lines.map((line, i) => ({
    line,
    kind: (packed.kinds[i] ?? 0) as LineKind,
    frame: packed.frames[i] ?? 0,
    text: packed.texts[i] ?? '',
    insn: packed.insns[i] ?? -1,
    start: packed.spans[2 * i] ?? 0,
    end: packed.spans[2 * i + 1] ?? 0,
    place: packed.places[i] ?? '',
    fold: packed.folds[i] ?? -1,
    found: packed.found[i] ?? false,
  }));
}
