// SPDX-License-Identifier: Apache-2.0
import type { VerifierRun } from './run';

/** What the verifier of a host said last of a program. */
export interface Verdict {
  readonly run: VerifierRun;
  /** The file has changed since it was compiled for the run. */
  readonly stale: boolean;
}

/** Whether a file was among the sources of a run. */
export function isSourceOf(run: VerifierRun, path: string): boolean {
  return run.sources.some(source => source.path === path);
}

/** SHA-256 that a file had when it was compiled for a run; undefined when it is none of its sources. */
export function digestIn(run: VerifierRun, path: string): string | undefined {
  return run.sources.find(source => source.path === path)?.sha256;
}

/**
 * The last verdict of each host and kernel on a program of a file, newest first. `newest` is that of the history, in
 * its order; `sha256` is that of the file as it is now.
 */
export function verdictsOn(
  newest: readonly VerifierRun[],
  file: { readonly path: string; readonly sha256: string },
  program: string,
): Verdict[] {
  const hosts = new Set<string>();
  const found: Verdict[] = [];
  for (const run of newest) {
    if (run.program !== program || !isSourceOf(run, file.path)) continue;
    // A source and the object beside it may both have been verified.
    const host = JSON.stringify([run.host.id, run.host.kernel]);
    if (hosts.has(host)) continue;
    hosts.add(host);
    found.push({ run, stale: digestIn(run, file.path) !== file.sha256 });
  }
  return found;
}
