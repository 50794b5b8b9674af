// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import type { Logger } from '../../core/logger';
import type { Disposable } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import { type RunContext, RunHistory, type VerifierRun } from '../../core/verifierRuns';
import { RunFolder } from './runFolder';

/** Characters of logs that are held in memory; others are read from the folder when asked for. */
const MEMORY = 64 << 20;

export interface RunStoreOptions {
  readonly folder: string;
  readonly logger: Logger;
  /** How many runs of each program, host and kernel are kept. */
  readonly keep: () => number;
}

/** The verifier runs of this workspace: in memory at once, in its folder a moment later, back after a reload. */
export class RunStore implements Disposable {
  readonly #history = new RunHistory();
  readonly #folder: RunFolder;
  readonly #logger: Logger;
  readonly #keep: () => number;
  readonly #changed = new Emitter<readonly VerifierRun[]>();
  /** The last used is last. */
  readonly #texts = new Map<string, string>();
  /** Not in the folder, so memory is all that they have. */
  readonly #unsaved = new Set<string>();
  #writes = Promise.resolve();

  constructor(options: RunStoreOptions) {
    this.#folder = new RunFolder(options);
    this.#logger = options.logger;
    this.#keep = options.keep;
    this.#write(() => this.#load());
  }

  /** The runs that were added; none after those of an earlier window were read or some were dropped. */
  get onDidChange(): Event<readonly VerifierRun[]> {
    return this.#changed.event;
  }

  get runs(): Pick<RunHistory, 'all' | 'newest' | 'get' | 'before' | 'ofProgram'> {
    return this.#history;
  }

  /** Resolves when all that was added so far is in the folder. */
  get settled(): Promise<void> {
    return this.#writes;
  }

  /** Id and time of a run that begins now. */
  stamp(): Pick<RunContext, 'id' | 'at'> {
    const now = new Date();
    return { id: `${now.getTime().toString(36)}-${randomBytes(6).toString('hex')}`, at: now.toISOString() };
  }

  add(entries: readonly { readonly run: VerifierRun; readonly log: string }[]): void {
    const runs = entries.map(({ run }) => run);
    this.#history.add(runs);
    for (const { run, log } of entries) {
      this.#unsaved.add(run.id);
      this.#hold(run.id, log);
    }
    const dropped = this.#prune();
    this.#write(async () => {
      for (const { run, log } of entries) if (await this.#folder.save(run, log)) this.#unsaved.delete(run.id);
      for (const { id } of dropped) await this.#folder.remove(id);
      this.#trim();
    });
    this.#changed.fire(runs);
  }

  /** undefined: the run is known, its log is not kept any more. */
  async log(id: string): Promise<string | undefined> {
    const held = this.#texts.get(id);
    if (held !== undefined) return held;
    await this.#writes;
    const text = await this.#folder.log(id);
    if (text !== undefined && this.#history.get(id) !== undefined) this.#hold(id, text);
    return text;
  }

  dispose(): void {
    this.#changed.dispose();
    this.#texts.clear();
  }

  async #load(): Promise<void> {
    this.#history.add(await this.#folder.load());
    for (const { id } of this.#prune()) await this.#folder.remove(id);
    if (this.#history.all.length > 0) this.#changed.fire([]);
  }

  #prune(): readonly VerifierRun[] {
    const dropped = this.#history.prune(this.#keep());
    for (const { id } of dropped) {
      this.#texts.delete(id);
      this.#unsaved.delete(id);
    }
    return dropped;
  }

  /** One that fails takes none of those after it along. */
  #write(work: () => Promise<void>): void {
    this.#writes = this.#writes.then(work).catch((error: unknown) => {
      this.#logger.error(`verifier runs: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  #hold(id: string, text: string): void {
    this.#texts.delete(id);
    this.#texts.set(id, text);
    this.#trim();
  }

  #trim(): void {
    let total = [...this.#texts.values()].reduce((sum, text) => sum + text.length, 0);
    const newest = [...this.#texts.keys()].at(-1);
    for (const [id, text] of [...this.#texts]) {
      if (total <= MEMORY) return;
      if (id === newest || this.#unsaved.has(id)) continue;
      this.#texts.delete(id);
      total -= text.length;
    }
  }
}
