// SPDX-License-Identifier: Apache-2.0
import { digestIn, isSourceOf, type VerifierRun } from '../verifierRuns';
import { squeeze } from './locate';

export interface ProgramVisits {
  readonly program: string;
  readonly visits: number;
}

/** How often the verifier visited a line of C. */
export interface LineVisits {
  /** From 0, in the text as it is now. */
  readonly line: number;
  /** Instructions of this line that it looked at, over all programs. */
  readonly visits: number;
  /** The most visited first. */
  readonly programs: readonly ProgramVisits[];
}

export interface FileVisits {
  readonly runs: readonly VerifierRun[];
  readonly lines: readonly LineVisits[];
  /** The file has changed since; lines that cannot be told from others with the same text are left out. */
  readonly stale: boolean;
  /** False when a log did not hold every visit: there were at least so many. */
  readonly exact: boolean;
}

/**
 * The visits of a file's lines in its last run: that of the host that verified it last, with all programs that were
 * compiled from the same text. undefined when no run tells of any.
 */
export function visitsOf(
  newest: readonly VerifierRun[],
  file: { readonly path: string; readonly text: string; readonly sha256: string },
): FileVisits | undefined {
  const candidates = newest.filter(run => run.visits.length > 0 && isSourceOf(run, file.path));
  const [last] = candidates;
  if (last === undefined) return undefined;
  const digest = digestIn(last, file.path);
  const runs = candidates.filter(
    run =>
      run.target === last.target &&
      run.host.id === last.host.id &&
      run.host.kernel === last.host.kernel &&
      digestIn(run, file.path) === digest,
  );
  const stale = digest !== file.sha256;
  const place = placer(file.text, stale);
  const lines = new Map<number, ProgramVisits[]>();
  for (const run of runs) {
    const isMain = run.sources[0]?.path === file.path;
    const name = baseName(file.path);
    const sums = new Map<number, number>();
    for (const visited of run.visits) {
      if (visited.file === undefined ? !isMain : baseName(visited.file) !== name) continue;
      const line = place(visited);
      if (line !== undefined) sums.set(line, (sums.get(line) ?? 0) + visited.visits);
    }
    for (const [line, visits] of sums)
      lines.set(line, [...(lines.get(line) ?? []), { program: run.program, visits }]);
  }
  return {
    runs,
    lines: [...lines]
      .map(([line, programs]) => ({
        line,
        visits: programs.reduce((sum, { visits }) => sum + visits, 0),
        programs: programs.sort((a, b) => b.visits - a.visits),
      }))
      .sort((a, b) => a.line - b.line),
    stale,
    exact: runs.every(run => run.allVisits),
  };
}

type Visited = VerifierRun['visits'][number];

/** Finds lines that surely are those of a run: by number in the same text, else by a text that only one line has. */
function placer(text: string, stale: boolean): (visited: Visited) => number | undefined {
  const lines = text.split(/\r?\n/).map(squeeze);
  const byText = new Map<string, number[]>();
  lines.forEach((line, index) => byText.set(line, [...(byText.get(line) ?? []), index]));
  return visited => {
    const wanted = squeeze(visited.text);
    const at = visited.line === undefined ? undefined : visited.line - 1;
    if (!stale && at !== undefined && (wanted === '' || lines[at] === wanted)) return at;
    const same = wanted === '' ? [] : (byText.get(wanted) ?? []);
    return same.length === 1 ? same[0] : undefined;
  };
}

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '');
