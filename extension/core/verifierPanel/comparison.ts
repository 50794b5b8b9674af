// SPDX-License-Identifier: Apache-2.0
import type { Comparison } from '../../protocol/verifierPanel';
import { compareRuns, type Metric, type RunHistory, type VerifierRun } from '../verifierRuns';

/** Lines of C of one comparison; the biggest changes are the first. */
const MAX_LINES = 500;

export interface ComparisonWords {
  readonly metrics: Readonly<Record<Metric, string>>;
  /** One line about a run. */
  readonly run: (run: VerifierRun) => string;
}

/**
 * How a run differs from others of its program; from the one before it when `ids` is empty. Ids of runs that are not
 * of the program, or gone, are left out.
 */
export function comparisonOf(
  runs: Pick<RunHistory, 'get' | 'before' | 'ofProgram'>,
  run: VerifierRun,
  ids: readonly string[],
  words: ComparisonWords,
): Comparison {
  const others = runs.ofProgram(run).filter(other => other.id !== run.id);
  const earlier = runs.before(run);
  const wanted =
    ids.length === 0
      ? earlier === undefined
        ? []
        : [earlier]
      : ids.flatMap(id => others.find(other => other.id === id) ?? []);
  return {
    runs: others.map(other => ({ id: other.id, title: words.run(other) })),
    changes: wanted.map(before => {
      const { metrics, lines, sameLines, exact } = compareRuns(before, run);
      return {
        run: before.id,
        title: words.run(before),
        exact,
        sameLines,
        metrics: metrics.map(({ metric, ...change }) => ({
          label: words.metrics[metric],
          ...present(change),
        })),
        lines: lines.slice(0, MAX_LINES).map(({ place, ...change }) => ({
          place: {
            text: place.text,
            ...(place.file === undefined ? {} : { file: place.file }),
            ...(place.line === undefined ? {} : { line: place.line }),
          },
          ...present(change),
        })),
      };
    }),
  };
}

interface Figures {
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly delta: number | undefined;
}

const present = ({ before, after, delta }: Figures) => ({
  ...(before === undefined ? {} : { before }),
  ...(after === undefined ? {} : { after }),
  ...(delta === undefined ? {} : { delta }),
});
