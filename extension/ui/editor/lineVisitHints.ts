// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { formatCount } from '../../core/format';
import { type FileVisits, type LineVisits, visitsOf } from '../../core/sources/lineVisits';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import type { Config } from '../config';
import { hostText } from '../documents/runTexts';
import type { RunStore } from '../runs/runStore';
import { digest } from '../runs/sourceFiles';
import { escapeMarkdown } from '../text';
import { C_FILES, runChanges } from './runChanges';

/** At the end of each line of C: how often the verifier visited it in the last run. */
export class LineVisitHints implements vscode.InlayHintsProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly onDidChangeInlayHints: vscode.Event<void>;
  readonly #runs: RunStore;
  readonly #config: Config;

  constructor(runs: RunStore, config: Config) {
    this.#runs = runs;
    this.#config = config;
    this.onDidChangeInlayHints = runChanges(this.#store, runs, config, 'editor.lineVisits').event;
    this.#store.add(vscode.languages.registerInlayHintsProvider(C_FILES, this));
  }

  provideInlayHints(document: vscode.TextDocument, range: vscode.Range): vscode.InlayHint[] {
    if (!this.#config.get('editor.lineVisits')) return [];
    const text = document.getText();
    const file = { path: document.uri.fsPath, text, sha256: digest(text) };
    const visits = visitsOf(this.#runs.runs.newest, file);
    if (visits === undefined) return [];
    return visits.lines
      .filter(({ line }) => line >= range.start.line && line <= range.end.line)
      .map(line => {
        const hint = new vscode.InlayHint(document.lineAt(line.line).range.end, labelOf(visits, line));
        hint.paddingLeft = true;
        hint.tooltip = tooltipOf(visits, line);
        return hint;
      });
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function labelOf({ exact, stale }: FileVisits, { visits }: LineVisits): string {
  const count = formatCount(visits);
  const label = exact ? vscode.l10n.t('{0} visits', count) : vscode.l10n.t('at least {0} visits', count);
  return stale ? vscode.l10n.t('{0} before your changes', label) : label;
}

function tooltipOf({ runs, exact, stale }: FileVisits, { programs }: LineVisits): vscode.MarkdownString {
  const [run] = runs;
  const text = new vscode.MarkdownString();
  if (run !== undefined) {
    text.appendMarkdown(
      escapeMarkdown(
        vscode.l10n.t(
          'Instructions of this line that the verifier of {0} looked at, {1}:',
          hostText(run.host),
          new Date(run.at).toLocaleString(),
        ),
      ),
    );
  }
  text.appendMarkdown('\n\n');
  for (const { program, visits } of programs)
    text.appendMarkdown(`- ${escapeMarkdown(program)}: ${escapeMarkdown(formatCount(visits))}\n`);
  const notes = [
    ...(exact
      ? []
      : [
          vscode.l10n.t(
            'The log at this level holds the last path only. Log level 2 (sockmap.verify.logLevel) has every visit.',
          ),
        ]),
    ...(stale
      ? [
          vscode.l10n.t(
            'The file has changed since; lines that cannot be found for sure are left out. Verify it again for new figures.',
          ),
        ]
      : []),
  ];
  for (const note of notes) text.appendMarkdown(`\n\n${escapeMarkdown(note)}`);
  return text;
}
