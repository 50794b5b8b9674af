// SPDX-License-Identifier: Apache-2.0
/** Two processes on this host: plain TCP, the published recipe, our datapath and AF_UNIX, round by round. */
import { outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { createNetns } from '../support/netns';
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
  /**
   * What connections pay that cannot be redirected: the server is not in the attached cgroup, on this host's
   * loopback or in a network namespace behind a veth pair.
   */
  readonly peer?: 'outside' | 'behind veth';
}

const sizes = [1, 64, 1024, 16 * 1024, 64 * 1024];
const cases: readonly Case[] = [
  ...sizes.map(size => ({ mode: 'rr' as const, size })),
  ...sizes.map(size => ({ mode: 'stream' as const, size })),
  { mode: 'rate', size: 64 },
  ...(['outside', 'behind veth'] as const).flatMap(peer => [
    { mode: 'rr' as const, size: 64, peer },
    { mode: 'stream' as const, size: 64 * 1024, peer },
    { mode: 'rate' as const, size: 64, peer },
  ]),
];

const title = ({ mode, size, peer }: Case): string =>
  `${{ rr: 'round trip', stream: 'stream', rate: 'connections' }[mode]} ${size} B${peer === undefined ? '' : `, peer ${peer}`}`;

/** A namespace whose processes are in no attached cgroup, and its address. */
interface Elsewhere {
  readonly netns: string;
  readonly address: string;
}

async function withElsewhere<T>(use: (elsewhere: Elsewhere) => Promise<T>): Promise<T> {
  const cleanup = new Cleanup();
  try {
    const netns = await createNetns('elsewhere');
    cleanup.add(() => netns.remove());
    // Its own end of the pair goes with the namespace.
    const device = `sm${process.pid}`;
    await run('ip', [
      ...['link', 'add', device, 'type', 'veth'],
      ...['peer', 'name', 'veth0', 'netns', netns.name],
    ]);
    await run('ip', ['address', 'add', '10.79.0.1/24', 'dev', device]);
    await run('ip', ['link', 'set', device, 'up']);
    await netns.exec('ip', 'address', 'add', '10.79.0.2/24', 'dev', 'veth0');
    await netns.exec('ip', 'link', 'set', 'veth0', 'up');
    return await use({ netns: netns.path, address: '10.79.0.2' });
  } finally {
    await cleanup.run();
  }
}

async function measure(test: Case, variant: Variant, seconds: number, elsewhere: Elsewhere): Promise<number> {
  const args = [test.mode, '--size', String(test.size), '--seconds', String(seconds)];
  if (variant.cgroup !== undefined) args.push('--cgroup', variant.cgroup);
  else args.push('--transport', 'unix');
  if (test.peer !== undefined) args.push('--server-outside');
  if (test.peer === 'behind veth')
    args.push('--server-netns', elsewhere.netns, '--connect', elsewhere.address);
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

export function benchDatapath(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly CaseResult[]> {
  return withElsewhere(elsewhere => benchCases(variants, rounds, seconds, elsewhere, say));
}

async function benchCases(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  elsewhere: Elsewhere,
  say: (text: string) => void,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const test of cases) {
    const speeds = new Map<string, number[]>(variants.map(variant => [variant.name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const variant of variants) {
        if (test.peer !== undefined && variant.cgroup === undefined) continue;
        speeds.get(variant.name)?.push(await measure(test, variant, seconds, elsewhere));
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
