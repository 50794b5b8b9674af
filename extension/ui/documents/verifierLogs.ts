// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { LOG_LANGUAGE, LOG_SCHEME } from '../../contrib/ids';
import { formatCount } from '../../core/format';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import type { VerifyResult } from '../../protocol/agent';

export interface VerifierLog {
  readonly hostLabel: string;
  /** Base name of the object. */
  readonly object: string;
  readonly program: string;
  readonly ok: boolean;
  readonly text: string;
  readonly uri: vscode.Uri;
}

/** Verifier logs of this window, the newest per host, object and program, as read-only documents. */
export class VerifierLogs implements vscode.TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changedDocument = this.#store.add(new vscode.EventEmitter<vscode.Uri>());
  readonly #changed = this.#store.add(new Emitter<void>());
  readonly onDidChange = this.#changedDocument.event;
  /** By path of the document; the newest is last. */
  readonly #logs = new Map<string, VerifierLog>();

  constructor() {
    this.#store.add(vscode.workspace.registerTextDocumentContentProvider(LOG_SCHEME, this));
  }

  get onDidAdd(): Event<void> {
    return this.#changed.event;
  }

  /** Newest first. */
  get all(): readonly VerifierLog[] {
    return [...this.#logs.values()].reverse();
  }

  add(hostLabel: string, result: VerifyResult): void {
    for (const program of result.programs) {
      this.#put(hostLabel, result.object, program.name, program.ok, program.log);
    }
  }

  /** The log that came with a refused attach. */
  addRejected(hostLabel: string, object: string, program: string | undefined, log: string): void {
    this.#put(hostLabel, object, program ?? object, false, log);
  }

  /** The log to show first: of the newest refused program, else the newest. */
  get newest(): VerifierLog | undefined {
    const all = this.all;
    return all.find(log => !log.ok && log.object === all[0]?.object) ?? all[0];
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const log = this.#logs.get(uri.path);
    // The editor was restored by a reload, which ends what is kept in memory.
    return log?.text ?? vscode.l10n.t('This verifier log is gone. Run "Sockmap: Verify" again.');
  }

  async show(log: VerifierLog): Promise<void> {
    const document = await vscode.workspace.openTextDocument(log.uri);
    await vscode.languages.setTextDocumentLanguage(document, LOG_LANGUAGE);
    const editor = await vscode.window.showTextDocument(document, { preview: true });
    // The verifier's complaint stands at the end.
    if (!log.ok) {
      const end = document.lineAt(document.lineCount - 1).range.end;
      editor.selection = new vscode.Selection(end, end);
      editor.revealRange(new vscode.Range(end, end), vscode.TextEditorRevealType.Default);
    }
  }

  dispose(): void {
    this.#store.dispose();
    this.#logs.clear();
  }

  #put(hostLabel: string, objectPath: string, program: string, ok: boolean, log: string): void {
    const object = objectPath.slice(objectPath.lastIndexOf('/') + 1);
    const path = `/${clean(hostLabel)}/${clean(object)}/${clean(program)}.log`;
    const uri = vscode.Uri.from({ scheme: LOG_SCHEME, path });
    const text = log === '' ? vscode.l10n.t('The kernel gave no log.') : log;
    this.#logs.delete(path);
    this.#logs.set(path, { hostLabel, object, program, ok, text, uri });
    this.#changedDocument.fire(uri);
    this.#changed.fire();
  }
}

/** One line about a log, for the quick pick. */
export function logDescription(log: VerifierLog): string {
  const lines = log.text.split('\n').length;
  return log.ok
    ? vscode.l10n.t('accepted on {0}, {1} lines', log.hostLabel, formatCount(lines))
    : vscode.l10n.t('refused on {0}, {1} lines', log.hostLabel, formatCount(lines));
}

function clean(part: string): string {
  return part.replace(/[/\\?#]+/g, '_');
}
