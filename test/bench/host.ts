// SPDX-License-Identifier: Apache-2.0
import { outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import type { CaseResult } from './datapath';
import { spread, spreadOfRatios } from './statistics';
import { withAttachment, withCgroup } from './variants';

/** Measurements in a round: two of them differ by more than the per cent that is to be seen here. */
const TURNS = 6;

async function roundTrips(cgroup: string, seconds: number): Promise<number> {
  const args = ['rr', '--size', '64', '--seconds', String(seconds), '--cpus', '0,0', '--cgroup', cgroup];
  const measured = JSON.parse(await run(outPath('bench', 'measure'), args)) as {
    readonly operations: number;
    readonly seconds: number;
  };
  return measured.operations / measured.seconds;
}

/**
 * What an attachment costs connections of the host outside of its cgroup: their speed with it, over that without any.
 * Measured before, with and after it, so that a drift falls out.
 */
export function benchHost(rounds: number, seconds: number, say: (text: string) => void): Promise<CaseResult> {
  const name = 'round trip 64 B, one CPU, elsewhere on the host';
  return withCgroup('ours', ours =>
    withCgroup('plain', async plain => {
      const without: number[] = [];
      const withIt: number[] = [];
      for (let turn = 0; turn < TURNS * rounds; turn++) {
        const before = await roundTrips(plain, seconds / 2);
        withIt.push(await withAttachment('ours', ours, () => roundTrips(plain, seconds)));
        without.push((before + (await roundTrips(plain, seconds / 2))) / 2);
      }
      say(`measured ${name}`);
      return {
        name,
        plain: spread(without),
        ratios: { ours: spreadOfRatios(withIt, without) },
        speeds: { plain: without, ours: withIt },
        latencies: {},
      };
    }),
  );
}
