// SPDX-License-Identifier: Apache-2.0
/** wrk > sidecar > sidecar > nginx: a request's way through a mesh, plain and redirected. */
import { startMesh } from './mesh';
import { showSpread, showTable, spread, type Spread } from './statistics';
import type { Variant } from './variants';

const connections = [1, 32, 128];

const figures = ['requestsPerSecond', 'meanMs', 'p50Ms', 'p90Ms', 'p99Ms'] as const;
type Figure = (typeof figures)[number];
type Load = Readonly<Record<Figure, number>>;

const milliseconds = (text: string): number => {
  const found = /^([\d.]+)(us|ms|s)$/.exec(text);
  if (found === null) return Number.NaN;
  return Number(found[1]) * ({ us: 1e-3, ms: 1, s: 1e3 }[found[2] ?? ''] ?? Number.NaN);
};

/** Reads what `wrk --latency` prints; an error when a request failed, for then it measured something else. */
export function parseWrk(output: string): Load {
  const field = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '';
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`wrk met errors:\n${output}`);
  return {
    requestsPerSecond: Number(field(/Requests\/sec:\s+([\d.]+)/)),
    meanMs: milliseconds(field(/Latency\s+([\d.]+\w+)/)),
    p50Ms: milliseconds(field(/50%\s+([\d.]+\w+)/)),
    p90Ms: milliseconds(field(/90%\s+([\d.]+\w+)/)),
    p99Ms: milliseconds(field(/99%\s+([\d.]+\w+)/)),
  };
}

export interface ChainResult {
  readonly connections: number;
  /** Medians. */
  readonly plain: Load;
  /** Figures over those of plain TCP in the same round. */
  readonly ratios: Readonly<Record<string, Readonly<Record<Figure, Spread>>>>;
}

const each = <T>(of: (figure: Figure) => T): Readonly<Record<Figure, T>> => ({
  requestsPerSecond: of('requestsPerSecond'),
  meanMs: of('meanMs'),
  p50Ms: of('p50Ms'),
  p90Ms: of('p90Ms'),
  p99Ms: of('p99Ms'),
});

/** Variants without a cgroup (AF_UNIX) are no chain of TCP proxies and are left out. */
export async function benchChain(
  variants: readonly Variant[],
  rounds: number,
  seconds: number,
  say: (text: string) => void,
): Promise<readonly ChainResult[]> {
  const loads = new Map<string, Load[]>();
  const key = (name: string, count: number): string => `${name} ${count}`;
  const of = (name: string, count: number): readonly Load[] => loads.get(key(name, count)) ?? [];
  const tcp = variants.flatMap(({ name, cgroup }) => (cgroup === undefined ? [] : [{ name, cgroup }]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, cgroup } of tcp) {
      const mesh = await startMesh(cgroup);
      try {
        for (const count of connections) {
          const wrk = ['wrk', '-t1', `-c${count}`, `-d${seconds}s`, '--latency', mesh.url];
          loads.set(key(name, count), [...of(name, count), parseWrk(await mesh.client(wrk))]);
        }
      } finally {
        await mesh.stop();
      }
    }
    say(`measured the proxy chain, round ${round + 1} of ${rounds}`);
  }
  return connections.map(count => {
    const plain = of('plain', count);
    const ratios = (name: string): ChainResult['ratios'][string] =>
      each(figure =>
        spread(of(name, count).map((load, round) => load[figure] / (plain[round]?.[figure] ?? Number.NaN))),
      );
    return {
      connections: count,
      plain: each(figure => spread(plain.map(load => load[figure])).median),
      ratios: Object.fromEntries(
        tcp.filter(({ name }) => name !== 'plain').map(({ name }) => [name, ratios(name)]),
      ),
    };
  });
}

export function showChain(results: readonly ChainResult[]): string {
  const rows = results.flatMap(({ connections: count, plain, ratios }) => [
    [
      `plain TCP, ${count} connections`,
      ...figures.map(figure =>
        figure === 'requestsPerSecond' ? `${plain[figure].toFixed(0)} /s` : `${plain[figure].toFixed(2)} ms`,
      ),
    ],
    ...Object.entries(ratios).map(([name, ratio]) => [
      `${name} over plain`,
      ...figures.map(figure => showSpread(ratio[figure])),
    ]),
  ]);
  return showTable(
    ['wrk > sidecar > sidecar > nginx, two pods, REDIRECT', 'requests', 'mean', 'p50', 'p90', 'p99'],
    rows,
  );
}
