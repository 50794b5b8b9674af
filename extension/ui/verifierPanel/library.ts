// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { l10n } from 'vscode';
import { comparisonOf, type LogData } from '../../core/verifierPanel';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import type { VerifierRun } from '../../core/verifierRuns';
import type { Comparison, LogInfo } from '../../protocol/verifierPanel';
import { hostText, logGoneText } from '../documents/runTexts';
import type { RunStore } from '../runs/runStore';
import type { StateStore } from '../state';
import { metricNames } from './texts';

/** Files that are offered again, and texts that are held. */
const MAX_OPENED = 10;
const READ_BYTES = 1 << 20;

/** What was opened beside the logs of runs: a file, which comes back after a reload, or a text of this window. */
export type OpenedLog =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text'; readonly title: string; readonly text: string };

/** The logs that a panel can show: those that were opened, and those of the runs that are kept. */
export class LogLibrary implements Disposable {
  readonly #store = new DisposableStore();
  readonly #runs: RunStore;
  readonly #state: StateStore;
  readonly #changed = this.#store.add(new Emitter<void>());
  /** By id, the last opened last. */
  readonly #opened = new Map<string, OpenedLog>();

  constructor(runs: RunStore, state: StateStore) {
    this.#runs = runs;
    this.#state = state;
    for (const path of [...(state.value.recentLogs ?? [])].reverse())
      this.#opened.set(fileId(path), { kind: 'file', path });
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
    return [
      ...[...this.#opened].reverse().map(([id, log]) => openedInfo(id, log)),
      ...[...this.#runs.runs.all].reverse().map(runInfo),
    ];
  }

  run(id: string): VerifierRun | undefined {
    return this.#runs.runs.get(id);
  }

  opened(id: string): OpenedLog | undefined {
    return this.#opened.get(id);
  }

  /** Puts a file or text among the logs; returns its id. */
  add(log: OpenedLog): string {
    const id =
      log.kind === 'file'
        ? fileId(log.path)
        : `text:${createHash('sha256').update(log.text).digest('hex').slice(0, 32)}`;
    this.#opened.delete(id);
    this.#opened.set(id, log);
    for (const old of [...this.#opened.keys()].slice(0, -MAX_OPENED)) this.#opened.delete(old);
    const files = [...this.#opened.values()].flatMap(one => (one.kind === 'file' ? [one.path] : []));
    this.#state.update({ recentLogs: files.reverse() });
    this.#changed.fire();
    return id;
  }

  /** Rejects with one sentence when the log is gone. */
  async read(id: string): Promise<LogData> {
    const opened = this.#opened.get(id);
    if (opened?.kind === 'text') return { size: opened.text.length, pieces: [opened.text] };
    if (opened?.kind === 'file') {
      const file = await stat(opened.path).catch(() => undefined);
      if (file?.isFile() !== true)
        throw new Error(
          l10n.t('The file {0} cannot be read. Open the log from where it is now.', opened.path),
        );
      return { size: file.size, pieces: piecesOf(opened.path) };
    }
    const text = await this.#runs.log(id);
    if (text === undefined) throw new Error(logGoneText());
    return { size: text.length, pieces: [text] };
  }

  compare(id: string, others: readonly string[]): Comparison {
    const run = this.run(id);
    if (run === undefined) return { runs: [], changes: [] };
    return comparisonOf(this.#runs.runs, run, others, { metrics: metricNames(), run: runDetail });
  }

  dispose(): void {
    this.#store.dispose();
  }
}

const fileId = (path: string): string => `file:${path}`;

async function* piecesOf(path: string): AsyncIterable<Uint8Array> {
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES }))
    if (piece instanceof Uint8Array) yield piece;
}

function openedInfo(id: string, log: OpenedLog): LogInfo {
  return log.kind === 'file'
    ? { id, title: basename(log.path), detail: dirname(log.path), verdict: 'unknown' }
    : { id, title: log.title, detail: l10n.t('until the window is closed'), verdict: 'unknown' };
}

function runInfo(run: VerifierRun): LogInfo {
  return {
    id: run.id,
    title: run.program,
    detail: runDetail(run),
    verdict: run.ok ? 'accepted' : 'refused',
  };
}

function runDetail(run: VerifierRun): string {
  return l10n.t('{0} on {1}, {2}', run.object, hostText(run.host), new Date(run.at).toLocaleString());
}
