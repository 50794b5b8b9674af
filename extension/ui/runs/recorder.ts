// SPDX-License-Identifier: Apache-2.0
import type { ProgramChoice } from '../../core/attachPlan';
import { baseName } from '../../core/attachPlan';
import type { Logger } from '../../core/logger';
import { type JudgedProgram, readRun, type VerifierRun, withSources } from '../../core/verifierRuns';
import type { Host } from '../../host/api';
import type { RunStore } from './runStore';
import { findSources, sourceOf } from './sourceFiles';

/** What was verified, where. */
export interface Judgement {
  readonly host: Host;
  readonly program: ProgramChoice;
  /** Name of the object, possibly with its path. */
  readonly object: string;
  readonly logLevel: number;
  readonly programs: readonly JudgedProgram[];
}

/** Turns the answers of hosts into runs. */
export class RunRecorder {
  readonly #store: RunStore;
  readonly #logger: Logger;
  readonly #includeDirs: (source: string) => readonly string[];

  constructor(
    store: RunStore,
    options: { readonly logger: Logger; readonly includeDirs: (source: string) => readonly string[] },
  ) {
    this.#store = store;
    this.#logger = options.logger;
    this.#includeDirs = options.includeDirs;
  }

  /** Reads the logs and keeps them; resolves with the runs, in the order of the programs. */
  async record(judgement: Judgement): Promise<readonly VerifierRun[]> {
    const { host, program, logLevel } = judgement;
    const { definition, state } = host;
    const read = judgement.programs.map(one =>
      readRun(
        {
          ...this.#store.stamp(),
          host: {
            id: definition.id,
            label: definition.label,
            kernel: state.kind === 'ready' ? state.kernel : '',
          },
          object: baseName(judgement.object),
          target: program.kind === 'builtin' ? 'builtin' : program.path,
          logLevel,
        },
        one,
      ),
    );
    const source = sourceOf(program);
    const names = [...new Set(read.flatMap(one => one.files))];
    const sources = source === undefined ? [] : await findSources(source, names, this.#includeDirs(source));
    const entries = read.map((one, i) => ({
      run: withSources(one.run, sources),
      log: judgement.programs[i]?.log ?? '',
    }));
    for (const { run } of entries) this.#logger.info(describe(run));
    this.#store.add(entries);
    return entries.map(({ run }) => run);
  }
}

function describe(run: VerifierRun): string {
  const verdict = run.ok ? 'accepted' : (run.error ?? 'refused');
  return `verify ${run.program} (${run.type}) on ${run.host.label}: ${verdict}, ${run.insns ?? '?'} insns, ${run.insnsProcessed ?? '?'} processed`;
}
