// SPDX-License-Identifier: Apache-2.0
/** What the datapath should reach, and whether a run of the bench says that it does. */
import type { ChainResult } from './chain';
import type { CaseResult } from './datapath';
import type { PanelResult } from './verifierPanel';
import { showSpread, showTable, spreadOfRatios, type Spread } from './statistics';

export interface Target {
  readonly name: string;
  readonly bound: number;
  /** `atLeast`: a speed, the more the better. `atMost`: a time. */
  readonly kind: 'atLeast' | 'atMost';
  readonly measured: Spread;
  /** By the median. */
  readonly met: boolean;
  /** The whole range says the same as the median. */
  readonly certain: boolean;
}

function target(name: string, kind: Target['kind'], bound: number, measured: Spread | undefined): Target[] {
  if (measured === undefined) return [];
  const holds = (value: number): boolean => (kind === 'atLeast' ? value >= bound : value <= bound);
  const met = holds(measured.median);
  return [
    {
      ...{ name, bound, kind, measured, met },
      certain: holds(measured.low) === met && holds(measured.high) === met,
    },
  ];
}

export function datapathTargets(results: readonly CaseResult[]): readonly Target[] {
  return results.flatMap(({ name, ratios, speeds: { unix, ours } }) => {
    if (/peer|elsewhere/.test(name)) return target(`${name}, over detached`, 'atLeast', 0.99, ratios['ours']);
    const fast = /^(round trip 64 B|stream 65536 B)/.test(name);
    return [
      ...(name.startsWith('round trip 64 B') && unix && ours
        ? target(`${name}, time over AF_UNIX`, 'atMost', 1.05, spreadOfRatios(unix, ours))
        : []),
      ...(fast ? target(`${name}, speed over TCP`, 'atLeast', 1.4, ratios['ours']) : []),
      ...(!fast && /^(round trip|stream)/.test(name)
        ? target(`${name}, not slower than TCP`, 'atLeast', 0.95, ratios['ours'])
        : []),
    ];
  });
}

export function chainTargets(results: readonly ChainResult[]): readonly Target[] {
  const ratios = results.find(({ connections }) => connections === 32)?.ratios['ours'];
  return [
    ...target('chain, 32 connections, requests over TCP', 'atLeast', 1.55, ratios?.requestsPerSecond),
    ...target('chain, 32 connections, mean latency over TCP', 'atMost', 0.65, ratios?.meanMs),
  ];
}

export function panelTargets({ firstScreen, frames }: PanelResult): readonly Target[] {
  const slow = (name: string): number[] => (frames[name] ?? []).map(({ p95 }) => p95);
  return [
    ...target('25 MB log, ms to the first screen', 'atMost', 300, firstScreen),
    ...['wheel', 'scrollbar'].flatMap(way =>
      target(
        `5,000,000 lines, ${way}: 95 % of frames over an empty page's`,
        'atMost',
        1.1,
        spreadOfRatios(slow(`log, ${way}`), slow(`empty page, ${way}`)),
      ),
    ),
  ];
}

export function showTargets(targets: readonly Target[]): string {
  return showTable(
    ['target', 'bound', 'measured', 'verdict'],
    targets.map(({ name, kind, bound, measured, met, certain }) => [
      name,
      `${kind === 'atLeast' ? '>=' : '<='} ${bound.toFixed(2)}`,
      showSpread(measured),
      `${met ? 'met' : 'missed'}${certain ? '' : ', range crosses'}`,
    ]),
  );
}
