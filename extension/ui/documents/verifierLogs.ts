// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { LOG_LANGUAGE, LOG_SCHEME } from '../../contrib/ids';
import { formatCount } from '../../core/format';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import type { VerifierRun } from '../../core/verifierRuns';
import type { RunStore } from '../runs/runStore';
import { isLong, LongTexts } from './longTexts';
import { logGoneText } from './runTexts';

export interface VerifierLog {
  readonly run: VerifierRun;
  readonly hostLabel: string;
  /** Base name of the object. */
  readonly object: string;
  readonly program: string;
  readonly ok: boolean;
  readonly uri: vscode.Uri;
}

/** Verifier logs of this workspace as read-only documents: the newest per host, object and program, and those before. */
export class VerifierLogs implements vscode.TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changedDocument = this.#store.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #changed = this.#store.add(new Emitter<void>());
  readonly onDidChange = this.#changedDocument.event;
  readonly #runs: RunStore;
  readonly #long = this.#store.add(new LongTexts());
  /** The run whose log was handed out last, by the document's URI. */
  readonly #given = new Map<string, VerifierRun | undefined>();

  constructor(runs: RunStore) {
    this.#runs = runs;
    this.#store.add(vscode.workspace.registerTextDocumentContentProvider(LOG_SCHEME, this));
    this.#store.add(
      runs.onDidChange(added => {
        for (const path of new Set(added.map(pathOf))) {
          this.#changedDocument.fire(vscode.Uri.from({ scheme: LOG_SCHEME, path }));
        }
        this.#changed.fire();
      }),
    );
    this.#store.add(
      vscode.workspace.onDidOpenTextDocument(({ uri }) => {
        // VS Code drops the change of a document that is only being opened (ExtHostDocumentContentProvider).
        if (uri.scheme === LOG_SCHEME && this.#find(uri) !== this.#given.get(uri.toString())) {
          this.#changedDocument.fire(uri);
        }
      }),
    );
  }

  get onDidAdd(): Event<void> {
    return this.#changed.event;
  }

  /** The newest of each host, object and program, newest first. */
  get all(): readonly VerifierLog[] {
    return this.#runs.runs.newest.map(run => this.#newest(run));
  }

  /** The log to show first: of the newest refused program, else the newest. */
  get newest(): VerifierLog | undefined {
    const all = this.all;
    return all.find(log => !log.ok && log.object === all[0]?.object) ?? all[0];
  }

  /** The log of a run that is kept. */
  of(runId: string): VerifierLog | undefined {
    const run = this.#runs.runs.get(runId);
    if (run === undefined) return undefined;
    const isNewest = this.#runs.runs.newest.find(other => pathOf(other) === pathOf(run)) === run;
    return isNewest ? this.#newest(run) : this.#log(run, `run=${run.id}`);
  }

  /** The text; a sentence where there is none. */
  async text(log: VerifierLog): Promise<string> {
    const text = await this.#runs.log(log.run.id);
    if (text === undefined) return logGoneText();
    return text === '' ? vscode.l10n.t('The kernel gave no log.') : text;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    let run = this.#find(uri);
    if (run === undefined && this.#runs.runs.newest.length === 0) {
      // The editor was restored by a reload and the runs are being read.
      await this.#runs.settled;
      run = this.#find(uri);
    }
    this.#given.set(uri.toString(), run);
    return run === undefined ? logGoneText() : this.text(this.#newest(run));
  }

  /** Opens a log at a line, from 0; else at its end when the program was refused, where the complaint stands. */
  async show(log: VerifierLog, line?: number): Promise<void> {
    const text = await this.text(log);
    if (isLong(text)) {
      await this.#long.open(log.program, text, line ?? (log.ok ? 0 : log.run.logLines - 1));
      return;
    }
    const document = await vscode.workspace.openTextDocument(log.uri);
    await vscode.languages.setTextDocumentLanguage(document, LOG_LANGUAGE);
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    const at = line ?? (log.ok ? undefined : document.lineCount - 1);
    if (at !== undefined) {
      const { end } = document.lineAt(Math.min(at, document.lineCount - 1)).range;
      editor.selection = new vscode.Selection(end, end);
      editor.revealRange(new vscode.Range(end, end), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }

  /** Opens a text that is no run's log. */
  async showText(title: string, text: string): Promise<void> {
    if (isLong(text)) await this.#long.open(title, text);
    else await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text }));
  }

  dispose(): void {
    this.#store.dispose();
  }

  #find(uri: vscode.Uri): VerifierRun | undefined {
    const id = /^run=(.+)$/.exec(uri.query)?.[1];
    return id === undefined
      ? this.#runs.runs.newest.find(run => pathOf(run) === uri.path)
      : this.#runs.runs.get(id);
  }

  #newest(run: VerifierRun): VerifierLog {
    return this.#log(run, '');
  }

  #log(run: VerifierRun, query: string): VerifierLog {
    const { object, program, ok } = run;
    const uri = vscode.Uri.from({ scheme: LOG_SCHEME, path: pathOf(run), query });
    return { run, hostLabel: run.host.label, object, program, ok, uri };
  }
}

/** One line about a log, for the quick pick. */
export function logDescription({ ok, hostLabel, run }: VerifierLog): string {
  const lines = formatCount(run.logLines);
  return ok
    ? vscode.l10n.t('accepted on {0}, {1} lines', hostLabel, lines)
    : vscode.l10n.t('refused on {0}, {1} lines', hostLabel, lines);
}

function pathOf(run: VerifierRun): string {
  return `/${clean(run.host.label)}/${clean(run.object)}/${clean(run.program)}.log`;
}

function clean(part: string): string {
  return part.replace(/[/\\?#]+/g, '_');
}
