// SPDX-License-Identifier: Apache-2.0

/** Milliseconds of this process's own work, the least of some rounds: what others do on the machine does not count. */
export function processorTime(rounds: number, action: () => void): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    action();
    least = Math.min(least, process.cpuUsage(start).user / 1000);
  }
  return least;
}
