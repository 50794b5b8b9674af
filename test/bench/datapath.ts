// SPDX-License-Identifier: Apache-2.0
/** Two processes on this host: plain TCP, the published recipe, our datapath and AF_UNIX, round by round. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';
import { createNetns } from '../support/netns';
import { showSpread, showTable, spread, spreadOfRatios, type Spread } from './statistics';
import type { Variant } from './variants';

interface Work {
  readonly operations: number;
  readonly bytes: number;
  readonly seconds: number;
}

interface Measurement extends Work {
  readonly p50us: number;
  readonly p99us: number;
  /** In turns with it. */
  readonly against?: Work;
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
  /**
   * Where the two processes run. On two CPUs a message is mostly waiting for the other CPU to wake up, which is longest
   * on a virtual machine; AF_UNIX hides half of it, since reading its bytes wakes the one who sent them
   * (unix_write_space()). CPUs that are kept awake, as a latency profile of tuned does, and one CPU show the way of the
   * bytes. Left to the scheduler, runs of one kind and of the other would be mixed.
   */
  readonly cpus: 'two CPUs' | 'two CPUs awake' | 'one CPU';
}

/** Documentation/power/pm_qos_interface.rst: CPUs stay out of idle states while somebody holds it open with a 0. */
const CPU_DMA_LATENCY = '/dev/cpu_dma_latency';

/** One per cent is a narrow mark: so many times the rounds and seconds of other cases. */
const TURNS = { rounds: 3, seconds: 2 };

const sizes = [1, 64, 1024, 16 * 1024, 64 * 1024];
const placements = (['two CPUs', 'one CPU'] as const).slice(availableParallelism() > 1 ? 0 : 1);
const cases: readonly Case[] = [
  ...placements.flatMap(cpus => sizes.map(size => ({ mode: 'rr' as const, size, cpus }))),
  ...placements.flatMap(cpus => sizes.map(size => ({ mode: 'stream' as const, size, cpus }))),
  ...placements.map(cpus => ({ mode: 'rate' as const, size: 64, cpus })),
  ...(placements.length > 1 && existsSync(CPU_DMA_LATENCY)
    ? [
        { mode: 'rr' as const, size: 64, cpus: 'two CPUs awake' as const },
        { mode: 'stream' as const, size: 64 * 1024, cpus: 'two CPUs awake' as const },
      ]
    : []),
  ...(['outside', 'behind veth'] as const).flatMap(peer => [
    { mode: 'rr' as const, size: 64, peer, cpus: 'one CPU' as const },
    { mode: 'stream' as const, size: 64 * 1024, peer, cpus: 'one CPU' as const },
    { mode: 'rate' as const, size: 64, peer, cpus: 'one CPU' as const },
  ]),
];

const title = ({ mode, size, peer, cpus }: Case): string =>
  [
    `${{ rr: 'round trip', stream: 'stream', rate: 'connections' }[mode]} ${size} B`,
    cpus,
    ...(peer === undefined ? [] : [`peer ${peer}`]),
  ].join(', ');

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

async function measure(
  test: Case,
  variant: Variant,
  seconds: number,
  elsewhere: Elsewhere,
  against?: Variant,
): Promise<Measurement> {
  const args = [test.mode, '--size', String(test.size), '--seconds', String(seconds)];
  if (variant.cgroup !== undefined) args.push('--cgroup', variant.cgroup);
  else args.push('--transport', 'unix');
  if (against?.cgroup !== undefined) args.push('--against', against.cgroup);
  if (test.peer !== undefined) args.push('--server-outside');
  if (test.peer === 'behind veth')
    args.push('--server-netns', elsewhere.netns, '--connect', elsewhere.address);
  args.push('--cpus', test.cpus === 'one CPU' ? '0,0' : '0,1');
  if (test.cpus === 'two CPUs awake') args.push('--awake', CPU_DMA_LATENCY);
  return JSON.parse(await run(outPath('bench', 'measure'), args)) as Measurement;
}

/** Round trips, bytes or connections a second. */
const speedOf = ({ mode }: Case, { bytes, operations, seconds }: Work): number =>
  (mode === 'stream' ? bytes : operations) / seconds;

const middle = (values: readonly number[]): number => spread(values).median;

/** Lists by the name of a variant. */
class Lists<T> {
  readonly #lists = new Map<string, T[]>();

  add(name: string, value: T): void {
    this.#lists.set(name, [...(this.#lists.get(name) ?? []), value]);
  }

  each<R>(of: (values: readonly T[]) => R): Record<string, R> {
    return Object.fromEntries([...this.#lists].map(([name, values]) => [name, of(values)] as const));
  }
}

export interface CaseResult {
  readonly name: string;
  /** Speed of plain TCP: round trips, bytes or connections a second. */
  readonly plain: Spread;
  /** Speed over that of plain TCP in the same round. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** Each variant's speeds, round by round; in turns, plain TCP's beside each of the others. */
  readonly speeds: Readonly<Record<string, readonly number[]>>;
  /** Microseconds of a round trip or connection, medians over the rounds; none for a stream or in turns. */
  readonly latencies: Readonly<Record<string, { readonly p50us: number; readonly p99us: number }>>;
}

export function benchDatapath(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly CaseResult[]> {
  return withElsewhere(elsewhere => benchCases(variants, rounds, seconds, elsewhere, say));
}

type Figures = Omit<CaseResult, 'name'>;

/** Each variant alone. Another one begins each round: what a neighbour on the machine does meets all alike. */
async function benchAlone(
  test: Case,
  variants: readonly Variant[],
  rounds: number,
  measureOne: (variant: Variant) => Promise<Measurement>,
): Promise<Figures> {
  const measured = new Lists<Measurement>();
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length];
      if (variant !== undefined) measured.add(variant.name, await measureOne(variant));
    }
  }
  const speeds = measured.each(runs => runs.map(one => speedOf(test, one)));
  const { plain = [], ...others } = speeds;
  const latency = (runs: readonly Measurement[]) => ({
    p50us: middle(runs.map(({ p50us }) => p50us)),
    p99us: middle(runs.map(({ p99us }) => p99us)),
  });
  return {
    plain: spread(plain),
    ratios: Object.fromEntries(
      Object.entries(others).map(([name, values]) => [name, spreadOfRatios(values, plain)] as const),
    ),
    speeds,
    latencies: test.mode === 'stream' ? {} : measured.each(latency),
  };
}

/**
 * Each variant in turns of milliseconds with plain TCP, between the same two processes: from one pair of processes to
 * the next, speeds differ by more than the per cent that is to be seen here.
 */
async function benchInTurns(
  test: Case,
  variants: readonly Variant[],
  rounds: number,
  measureTurns: (variant: Variant, plain: Variant) => Promise<Measurement>,
): Promise<Figures> {
  const plain = variants.find(({ name }) => name === 'plain');
  if (plain === undefined) throw new Error('There is no plain TCP to compare with.');
  const others = variants.filter(({ name, cgroup }) => name !== 'plain' && cgroup !== undefined);
  const speeds = new Lists<number>();
  const ratios = new Lists<number>();
  for (let round = 0; round < rounds; round++) {
    for (const variant of others) {
      const measured = await measureTurns(variant, plain);
      if (measured.against === undefined) throw new Error('No turns were taken.');
      const [own, its] = [speedOf(test, measured), speedOf(test, measured.against)];
      speeds.add(variant.name, own);
      speeds.add('plain', its);
      ratios.add(variant.name, own / its);
    }
  }
  const all = speeds.each(values => values);
  return { plain: spread(all['plain'] ?? []), ratios: ratios.each(spread), speeds: all, latencies: {} };
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
    const figures =
      test.peer === undefined
        ? await benchAlone(test, variants, rounds, variant => measure(test, variant, seconds, elsewhere))
        : await benchInTurns(test, variants, TURNS.rounds * rounds, (variant, plain) =>
            measure(test, variant, TURNS.seconds * seconds, elsewhere, plain),
          );
    results.push({ name: title(test), ...figures });
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
