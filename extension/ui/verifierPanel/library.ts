// SPDX-License-Identifier: Apache-2.0
import { l10n } from 'vscode';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import type { VerifierRun } from '../../core/verifierRuns';
import type { LogInfo } from '../../protocol/verifierPanel';
import { hostText } from '../documents/runTexts';
import type { RunStore } from '../runs/runStore';

/** The logs that a panel can show: those of the runs that are kept. */
export class LogLibrary implements Disposable {
  readonly #store = new DisposableStore();
  readonly #runs: RunStore;
  readonly #changed = this.#store.add(new Emitter<void>());

  constructor(runs: RunStore) {
    this.#runs = runs;
    this.#store.add(runs.onDidChange(() => this.#changed.fire()));
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** Resolves when the logs of earlier windows are known. */
  get settled(): Promise<void> {
    return this.#runs.settled;
  }

  /** The newest first. */
  get logs(): readonly LogInfo[] {
    return [...this.#runs.runs.all].reverse().map(infoOf);
  }

  run(id: string): VerifierRun | undefined {
    return this.#runs.runs.get(id);
  }

  /** Rejects with one sentence when the log is gone. */
  async read(id: string): Promise<string> {
    const text = await this.#runs.log(id);
    if (text === undefined)
      throw new Error(l10n.t('This verifier log is gone. Run "Sockmap: Verify" again.'));
    return text;
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function infoOf(run: VerifierRun): LogInfo {
  const time = new Date(run.at).toLocaleString();
  return {
    id: run.id,
    title: run.program,
    detail: l10n.t('{0} on {1}, {2}', run.object, hostText(run.host), time),
    verdict: run.ok ? 'accepted' : 'refused',
  };
}
