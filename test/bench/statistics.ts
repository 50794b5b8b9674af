// SPDX-License-Identifier: Apache-2.0

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How many values to leave out at each end of so many sorted ones, so that the rest still holds the true median with at
 * least 95 % confidence; 0 when there are too few for that.
 */
function outside(count: number): number {
  // How likely it is that at most `left` of the values are below the median, whatever their distribution.
  let likelihood = 0;
  let term = 2 ** -count;
  for (let left = 0; left < count; left++) {
    likelihood += term;
    if (2 * likelihood > 0.05) return Math.max(0, left - 1);
    term *= (count - left) / (left + 1);
  }
  return 0;
}

/** Median, and a range that holds the true median with the confidence that `confidence` says. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  const left = outside(sorted.length);
  return { median, low: at(left), high: at(sorted.length - 1 - left) };
}

/** Of the quotients round by round: what both met in a round falls out. */
export const spreadOfRatios = (values: readonly number[], over: readonly number[]): Spread =>
  spread(values.map((value, round) => value / (over[round] ?? Number.NaN)));

/** How sure it is that the true median lies within a spread of so many rounds, as a fraction: 0.95 or more from 6 on. */
export const confidence = (rounds: number): number => (rounds < 6 ? 1 - 2 ** (1 - rounds) : 0.95);

/** `2.31 (2.20-2.44)`, a narrow one to the tenth of a per cent; ratios of one run, so they hold where absolute times do not. */
export function showSpread({ median, low, high }: Spread): string {
  const digits = high - low < 0.05 ? 3 : 2;
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** Left-aligned first column, the others right-aligned. */
export function showTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return [line(header), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
