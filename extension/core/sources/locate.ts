// SPDX-License-Identifier: Apache-2.0
import type { CodePlace } from '../verifierRuns';

/** A range of lines from 0, the end not in it. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Index, from 0, of the line of a file that a log means. The text decides: kernels before 6.8 print no line numbers,
 * and a file may have been changed since it was compiled. Of several lines with the text the one nearest to the number
 * is meant, or the first in `within` (a function's lines). undefined: the file has no such line.
 */
export function locateLine(
  lines: readonly string[],
  place: CodePlace,
  within?: LineRange,
): number | undefined {
  const text = squeeze(place.text);
  const at = place.line === undefined ? undefined : place.line - 1;
  if (text === '') return at !== undefined && at < lines.length ? at : undefined;
  if (at !== undefined && squeeze(lines[at] ?? '') === text) return at;
  const same = lines.flatMap((line, index) => (squeeze(line) === text ? [index] : []));
  if (at !== undefined) {
    const nearest = [...same].sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
    return nearest[0];
  }
  const inside = same.find(index => within !== undefined && index >= within.start && index < within.end);
  return inside ?? same[0];
}

/** The compiler records lines as they are; tabs and blanks are all that editors change without meaning to. */
export const squeeze = (text: string): string => text.trim().replace(/\s+/g, ' ');
