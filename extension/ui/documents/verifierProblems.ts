// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { findPlace } from '../../core/sources/findPlace';
import type { Clock } from '../../core/util/clock';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { type CodePlace, programKey, type RunProblem, type VerifierRun } from '../../core/verifierRuns';
import type { RunStore } from '../runs/runStore';
import { digest, fileOfName } from '../runs/sourceFiles';
import { currentText } from '../runs/texts';
import { hostText, problemText } from './runTexts';

/** What the diagnostics are called in the Problems panel. */
export const PROBLEM_SOURCE = 'sockmap verifier';

/** Edits come in bursts. */
const SETTLE_MS = 200;

interface Shown {
  readonly uri: vscode.Uri;
  readonly diagnostic: vscode.Diagnostic;
  /** Hosts may refuse a program for one reason at one place. */
  readonly runs: readonly VerifierRun[];
}

/**
 * Refused programs as diagnostics on the line of C. They follow the line through edits, and go when the line is gone,
 * the source is built anew or the program is accepted.
 */
export class VerifierProblems implements Disposable {
  readonly #store = new DisposableStore();
  readonly #collection = this.#store.add(vscode.languages.createDiagnosticCollection('sockmap-verifier'));
  readonly #runs: RunStore;
  readonly #clock: Clock;
  /** Runs of sources that were built again since. */
  readonly #outdated = new Set<string>();
  #shown: readonly Shown[] = [];
  #timer: Disposable | undefined;
  #round = 0;

  constructor(runs: RunStore, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
    this.#store.add(runs.onDidChange(added => void (added.length > 0 ? this.#update() : this.#restore())));
    this.#store.add(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && this.#concerns(document.uri)) this.#later();
      }),
    );
  }

  /** The runs behind a diagnostic of ours. */
  runsOf(uri: vscode.Uri, diagnostic: vscode.Diagnostic): readonly VerifierRun[] {
    const found = this.#shown.find(
      shown =>
        shown.uri.toString() === uri.toString() &&
        shown.diagnostic.message === diagnostic.message &&
        shown.diagnostic.range.isEqual(diagnostic.range),
    );
    return found?.runs ?? [];
  }

  /** A source was built: what was said of another content does not hold any more. */
  built(source: string, sha256: string): void {
    for (const { id, target, sources } of this.#runs.runs.all)
      if (target === source && sources[0]?.sha256 !== sha256) this.#outdated.add(id);
    void this.#update();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#store.dispose();
    this.#shown = [];
  }

  #concerns(uri: vscode.Uri): boolean {
    return this.#refused().some(({ sources }) => sources.some(({ path }) => path === uri.fsPath));
  }

  #later(): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.after(SETTLE_MS, () => void this.#update());
  }

  /** The newest verdicts of the newest source of each program that was refused. */
  #refused(): readonly VerifierRun[] {
    const sourceNow = new Map<string, string | undefined>();
    const refused: VerifierRun[] = [];
    for (const run of this.#runs.runs.newest) {
      const key = programKey(run);
      const source = run.sources[0]?.sha256;
      if (!sourceNow.has(key)) sourceNow.set(key, source);
      if (!run.ok && source !== undefined && sourceNow.get(key) === source && !this.#outdated.has(run.id))
        refused.push(run);
    }
    return refused;
  }

  /** Of runs before a reload only those of sources that are still the same hold. */
  async #restore(): Promise<void> {
    for (const { id, sources } of this.#refused()) {
      const [source] = sources;
      const text = source === undefined ? undefined : await currentText(source.path);
      if (text === undefined || digest(text) !== source?.sha256) this.#outdated.add(id);
    }
    await this.#update();
  }

  async #update(): Promise<void> {
    const round = ++this.#round;
    const groups = new Map<string, VerifierRun[]>();
    for (const run of this.#refused()) {
      const key = JSON.stringify([
        programKey(run),
        run.problem?.id,
        run.problem?.place,
        run.problem?.message,
      ]);
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
    const shown: Shown[] = [];
    for (const runs of groups.values()) {
      const one = await diagnosticOf(runs);
      if (one !== undefined) shown.push(one);
    }
    if (round !== this.#round || this.#store.isDisposed) return;
    this.#shown = shown;
    const byFile = new Map<string, [vscode.Uri, vscode.Diagnostic[]]>();
    for (const { uri, diagnostic } of shown) {
      const entry = byFile.get(uri.toString()) ?? [uri, []];
      entry[1].push(diagnostic);
      byFile.set(uri.toString(), entry);
    }
    this.#collection.clear();
    this.#collection.set([...byFile.values()]);
  }
}

async function diagnosticOf(runs: readonly VerifierRun[]): Promise<Shown | undefined> {
  const [run] = runs;
  if (run === undefined) return undefined;
  const { problem } = run;
  const location = await locationOf(run, problem?.place);
  if (location === undefined) return undefined;
  const message = vscode.l10n.t(
    '{0}\nRefused on {1}.',
    problemText(run),
    runs.map(one => hostText(one.host)).join(', '),
  );
  const diagnostic = new vscode.Diagnostic(location.range, message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = PROBLEM_SOURCE;
  if (problem !== undefined) {
    diagnostic.code =
      problem.docs === undefined
        ? problem.id
        : { value: problem.id, target: vscode.Uri.parse(problem.docs, true) };
    diagnostic.relatedInformation = await relatedTo(run, problem);
  }
  return { uri: location.uri, diagnostic, runs };
}

async function relatedTo(
  run: VerifierRun,
  problem: RunProblem,
): Promise<vscode.DiagnosticRelatedInformation[]> {
  const places: [CodePlace | undefined, string][] = [
    [problem.origin, vscode.l10n.t('the value comes from here')],
    ...problem.calls.map((call): [CodePlace, string] => [call, vscode.l10n.t('called from here')]),
  ];
  const related: vscode.DiagnosticRelatedInformation[] = [];
  for (const [place, text] of places) {
    if (place === undefined) continue;
    const location = await locationOf(run, place);
    if (location !== undefined)
      related.push(new vscode.DiagnosticRelatedInformation(location, withCode(text, place)));
  }
  return related;
}

function withCode(text: string, place: CodePlace): string {
  return place.text === '' ? text : `${text}: ${place.text}`;
}

/** Where a place of a run's log is now; the name of the program's function when there is no place. */
export async function locationOf(
  run: VerifierRun,
  place: CodePlace | undefined,
): Promise<vscode.Location | undefined> {
  const file = fileOfName(run.sources, place?.file);
  const text = file === undefined ? undefined : await currentText(file.path);
  if (file === undefined || text === undefined) return undefined;
  const part = findPlace(text, run.program, place);
  if (part === undefined) return undefined;
  const range = new vscode.Range(part.line, part.start, part.line, part.end);
  return new vscode.Location(vscode.Uri.file(file.path), range);
}
