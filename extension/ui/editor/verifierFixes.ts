// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { type Fix, fixOf, fixPlace } from '../../core/sources/fixes';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { digestIn, type VerifierRun } from '../../core/verifierRuns';
import { PROBLEM_SOURCE, type VerifierProblems } from '../documents/verifierProblems';
import { digest, fileOfName } from '../runs/sourceFiles';

/** Quick fixes on what the verifier refused: an edit where one is sure, and the log. */
export class VerifierFixes implements vscode.CodeActionProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #problems: VerifierProblems;

  constructor(problems: VerifierProblems) {
    this.#problems = problems;
    this.#store.add(
      vscode.languages.registerCodeActionsProvider({ scheme: 'file', pattern: '**/*.{c,h}' }, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const actions: vscode.CodeAction[] = [];
    for (const diagnostic of context.diagnostics.filter(({ source }) => source === PROBLEM_SOURCE)) {
      const [run] = this.#problems.runsOf(document.uri, diagnostic);
      if (run === undefined) continue;
      const fix = await fixAction(run);
      for (const action of [...(fix === undefined ? [] : [fix]), logAction(run)]) {
        action.diagnostics = [diagnostic];
        actions.push(action);
      }
    }
    return actions;
  }

  dispose(): void {
    this.#store.dispose();
  }
}

async function fixAction(run: VerifierRun): Promise<vscode.CodeAction | undefined> {
  const { problem, program } = run;
  const place = problem && fixPlace(problem);
  const file = place && fileOfName(run.sources, place.file);
  if (problem === undefined || file === undefined) return undefined;
  const document = await vscode.workspace.openTextDocument(file.path);
  const text = document.getText();
  const isSame = digestIn(run, file.path) === digest(text);
  const fix = fixOf(text, { program, problem, isSame });
  if (fix === undefined) return undefined;
  const action = new vscode.CodeAction(titleOf(fix), vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  action.edit.insert(document.uri, document.positionAt(fix.insertion.offset), fix.insertion.text);
  action.isPreferred = true;
  return action;
}

function titleOf({ kind, subject }: Fix): string {
  switch (kind) {
    case 'null-check':
      return vscode.l10n.t('Leave when {0} is NULL', subject);
    case 'packet-check':
      return vscode.l10n.t('Leave when the data ends before what {0} points to', subject);
    case 'initialise':
      return vscode.l10n.t('Initialise {0} where it is declared', subject);
    case 'index-check':
      return vscode.l10n.t('Leave when {0} is beyond the array', subject);
  }
}

function logAction(run: VerifierRun): vscode.CodeAction {
  const title = vscode.l10n.t('Show the verifier log of {0}', run.program);
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { title, command: COMMANDS.showVerifierLog, arguments: [{ id: run.id }] };
  return action;
}
