// SPDX-License-Identifier: Apache-2.0
import { programKey, runKey, type VerifierRun } from './run';

/** The runs that are kept: the last few of each program, host and kernel. */
export class RunHistory {
  #runs: VerifierRun[] = [];

  /** Oldest first. */
  get all(): readonly VerifierRun[] {
    return this.#runs;
  }

  get(id: string): VerifierRun | undefined {
    return this.#runs.find(run => run.id === id);
  }

  /** Puts runs in, in the order of their time; the same run is not kept twice. */
  add(runs: readonly VerifierRun[]): void {
    const known = new Set(this.#runs.map(run => run.id));
    const fresh = runs.filter(run => !known.has(run.id));
    this.#runs = [...this.#runs, ...fresh].sort((a, b) => a.at.localeCompare(b.at));
  }

  /** Drops what is beyond the last `keep` of each program, host and kernel; returns what was dropped. */
  prune(keep: number): readonly VerifierRun[] {
    const counts = new Map<string, number>();
    const dropped = new Set<VerifierRun>();
    for (const run of [...this.#runs].reverse()) {
      const key = runKey(run);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > Math.max(1, keep)) dropped.add(run);
    }
    this.#runs = this.#runs.filter(run => !dropped.has(run));
    return [...dropped];
  }

  /** The last run of each program, host and kernel, newest first. */
  get newest(): readonly VerifierRun[] {
    const byKey = new Map<string, VerifierRun>();
    for (const run of [...this.#runs].reverse()) {
      const key = runKey(run);
      if (!byKey.has(key)) byKey.set(key, run);
    }
    return [...byKey.values()];
  }

  /** All runs of a program, newest first. */
  ofProgram(program: Pick<VerifierRun, 'target' | 'object' | 'program'>): readonly VerifierRun[] {
    const key = programKey(program);
    return this.#runs.filter(run => programKey(run) === key).reverse();
  }

  /** The run to compare a run with: the one before it on the same host and kernel, else before it anywhere. */
  before(run: VerifierRun): VerifierRun | undefined {
    const earlier = this.ofProgram(run).filter(other => other.at < run.at);
    return earlier.find(other => runKey(other) === runKey(run)) ?? earlier[0];
  }
}
