// SPDX-License-Identifier: Apache-2.0
import type { CodePlace } from '../verifierRuns';
import { locateLine } from './locate';
import { sectionFunctions } from './sections';

/** Part of a line: both columns and the line count from 0, the end is not in it. */
export interface LinePart {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Where a place of a program's log is in a file's text: the line without its blanks. Without a place, or with one that
 * names no line, it is the name of the program's function. undefined: the text has neither.
 */
export function findPlace(text: string, program: string, place: CodePlace | undefined): LinePart | undefined {
  const lines = text.split(/\r?\n/);
  const programs = sectionFunctions(text);
  const own = programs.find(({ name }) => name === program);
  if (place !== undefined && (place.text !== '' || place.line !== undefined)) {
    const at = locateLine(lines, place, own?.range);
    if (at === undefined) return undefined;
    const line = lines[at] ?? '';
    return { line: at, start: line.length - line.trimStart().length, end: line.trimEnd().length };
  }
  return own === undefined
    ? undefined
    : { line: own.line, start: own.column, end: own.column + own.name.length };
}
