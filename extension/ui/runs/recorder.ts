// SPDX-License-Identifier: Apache-2.0
import { CancellationError } from 'vscode';
import { baseName } from '../../core/attachPlan';
import type { Logger } from '../../core/logger';
import type { Turns } from '../../core/util/turns';
import {
  type JudgedProgram,
  type ReadRun,
  readRun,
  type SourceFile,
  type VerifierRun,
  withSources,
} from '../../core/verifierRuns';
import type { Host } from '../../host/api';
import type { RunStore } from './runStore';
import { namedSources } from './sourceFiles';

/** What was verified, where. */
export interface Judgement {
  readonly host: Host;
  /** As a run names it. */
  readonly target: string;
  /** Name of the object, possibly with its path. */
  readonly object: string;
  /** Of the object, as they were before it was compiled. */
  readonly sources: readonly SourceFile[];
  readonly logLevel: number;
  readonly programs: readonly JudgedProgram[];
}

/** Turns the answers of hosts into runs. */
export class RunRecorder {
  readonly #store: RunStore;
  readonly #logger: Logger;
  readonly #turns: Turns;

  constructor(store: RunStore, options: { readonly logger: Logger; readonly turns: Turns }) {
    this.#store = store;
    this.#logger = options.logger;
    this.#turns = options.turns;
  }

  /**
   * Reads the logs and keeps them; resolves with the runs, in the order of the programs. Rejects as cancelled when it
   * is aborted before all are read: then none is kept.
   */
  async record(judgement: Judgement, signal: AbortSignal): Promise<readonly VerifierRun[]> {
    const all: ReadRun[] = [];
    for (const program of judgement.programs) {
      const read = await this.#read(judgement, program, signal);
      if (read === undefined) throw new CancellationError();
      all.push(read);
    }
    // The log of one program may not name the header that it is in.
    const sources = namedSources(
      judgement.sources,
      all.flatMap(({ files }) => files),
    );
    const entries = all.map(({ run }, i) => ({
      run: withSources(run, sources),
      log: judgement.programs[i]?.log ?? '',
    }));
    for (const { run } of entries) this.#logger.info(describe(run));
    this.#store.add(entries);
    return entries.map(({ run }) => run);
  }

  #read(judgement: Judgement, program: JudgedProgram, signal: AbortSignal): Promise<ReadRun | undefined> {
    const { host, target, logLevel } = judgement;
    const { definition, state } = host;
    return readRun(
      {
        ...this.#store.stamp(),
        host: {
          id: definition.id,
          label: definition.label,
          kernel: state.kind === 'ready' ? state.kernel : '',
        },
        object: baseName(judgement.object),
        target,
        logLevel,
      },
      program,
      { ...this.#turns, stopped: () => signal.aborted },
    );
  }
}

function describe(run: VerifierRun): string {
  const verdict = run.ok ? 'accepted' : (run.error ?? 'refused');
  return `verify ${run.program} (${run.type}) on ${run.host.label}: ${verdict}, ${run.insns ?? '?'} insns, ${run.insnsProcessed ?? '?'} processed`;
}
