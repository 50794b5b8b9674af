// SPDX-License-Identifier: Apache-2.0

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Median with the smallest and the greatest value. Whatever the distribution, that range holds the true median with a
 * confidence of 1 - 2^(1 - rounds): 94 % for 5 rounds, 97 % for 6, 99.6 % for 9.
 */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, low: at(0), high: at(sorted.length - 1) };
}

/** Of the quotients round by round: what both met in a round falls out. */
export const spreadOfRatios = (values: readonly number[], over: readonly number[]): Spread =>
  spread(values.map((value, round) => value / (over[round] ?? Number.NaN)));

/** How sure it is that the true median lies within a spread of so many rounds, as a fraction. */
export const confidence = (rounds: number): number => 1 - 2 ** (1 - rounds);

/** `2.31 (2.20-2.44)`; ratios of one run, so they hold where absolute times do not. */
export const showSpread = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;

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
