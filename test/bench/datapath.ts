// SPDX-License-Identifier: Apache-2.0
/** Two processes on this host: plain TCP, the published recipe, our datapath and AF_UNIX, round by round. */
import { outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { showSpread, showTable, spread, type Spread } from './statistics';
import type { Variant } from './variants';

interface Measurement {
  readonly operations: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly p50us: number;
  readonly p99us: number;
}

type Mode = 'rr' | 'stream' | 'rate';

interface Case {
  readonly mode: Mode;
  readonly size: number;
  /** The server stays out of the attached cgroup: what connections pay that cannot be redirected. */
  readonly serverOutside?: boolean;
}

const sizes = [1, 64, 1024, 16 * 1024, 64 * 1024];
const cases: readonly Case[] = [
  ...sizes.map(size => ({ mode: 'rr' as const, size })),
  ...sizes.map(size => ({ mode: 'stream' as const, size })),
  { mode: 'rate', size: 64 },
  { mode: 'rr', size: 64, serverOutside: true },
  { mode: 'stream', size: 64 * 1024, serverOutside: true },
];

const title = ({ mode, size, serverOutside }: Case): string =>
  `${{ rr: 'round trip', stream: 'stream', rate: 'connections' }[mode]} ${size} B${serverOutside ? ', peer outside' : ''}`;

async function measure(test: Case, variant: Variant, seconds: number): Promise<number> {
  const args = [test.mode, '--size', String(test.size), '--seconds', String(seconds)];
  if (variant.cgroup !== undefined) args.push('--cgroup', variant.cgroup);
  else args.push('--transport', 'unix');
  if (test.serverOutside === true) args.push('--server-outside');
  const result = JSON.parse(await run(outPath('bench', 'measure'), args)) as Measurement;
  return (test.mode === 'stream' ? result.bytes : result.operations) / result.seconds;
}

export interface CaseResult {
  readonly name: string;
  /** Speed of plain TCP: round trips, bytes or connections a second. */
  readonly plain: Spread;
  /** Speed over that of plain TCP in the same round. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

export async function benchDatapath(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const test of cases) {
    const speeds = new Map<string, number[]>(variants.map(variant => [variant.name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) {
        if (test.serverOutside === true && variant.cgroup === undefined) continue;
        speeds.get(variant.name)?.push(await measure(test, variant, seconds));
      }
    }
    const plain = speeds.get('plain') ?? [];
    const ratios = [...speeds]
      .filter(([name, values]) => name !== 'plain' && values.length > 0)
      .map(
        ([name, values]) =>
          [name, spread(values.map((value, round) => value / (plain[round] ?? 1)))] as const,
      );
    results.push({ name: title(test), plain: spread(plain), ratios: Object.fromEntries(ratios) });
    say(`measured ${title(test)}`);
  }
  return results;
}

export function showDatapath(results: readonly CaseResult[], names: readonly string[]): string {
  const rows = results.map(({ name, plain, ratios }) => [
    name,
    name.startsWith('stream')
      ? `${((plain.median * 8) / 1e9).toFixed(2)} Gbit/s`
      : `${plain.median.toFixed(0)} /s`,
    ...names.map(variant => {
      const ratio = ratios[variant];
      return ratio === undefined ? '' : showSpread(ratio);
    }),
  ]);
  return showTable(['speed over plain TCP', 'plain TCP', ...names], rows);
}
