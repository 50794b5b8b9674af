// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandId, type CommandTarget } from '../../contrib/ids';
import { formatCount } from '../../core/format';
import { sectionFunctions } from '../../core/sources/sections';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { type Verdict, verdictsOn } from '../../core/verifierRuns';
import type { Config } from '../config';
import { hostText, refusalText, runDetails } from '../documents/runTexts';
import type { RunStore } from '../runs/runStore';
import { digest } from '../runs/sourceFiles';
import { C_FILES, runChanges } from './runChanges';

/** More verdicts than these are many on one line; the log's list has all of them. */
const MAX_VERDICTS = 4;

/** Above each program of a file: what the verifier of each host said of it last; a click opens that log. */
export class VerdictLenses implements vscode.CodeLensProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly onDidChangeCodeLenses: vscode.Event<void>;
  readonly #runs: RunStore;
  readonly #config: Config;

  constructor(runs: RunStore, config: Config) {
    this.#runs = runs;
    this.#config = config;
    const changed = runChanges(this.#store, runs, config, 'editor.codeLens');
    this.onDidChangeCodeLenses = changed.event;
    // Then there is a command to verify as well.
    this.#store.add(vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()));
    this.#store.add(vscode.languages.registerCodeLensProvider(C_FILES, this));
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!this.#config.get('editor.codeLens')) return [];
    const text = document.getText();
    const file = { path: document.uri.fsPath, sha256: digest(text) };
    const canVerify = vscode.workspace.isTrusted && file.path.endsWith('.bpf.c');
    return sectionFunctions(text).flatMap(program => {
      const verdicts = verdictsOn(this.#runs.runs.newest, file, program.name);
      const range = new vscode.Range(
        program.line,
        program.column,
        program.line,
        program.column + program.name.length,
      );
      const commands = [...verdictCommands(verdicts), ...(canVerify ? [verifyCommand(file.path)] : [])];
      return commands.map(command => new vscode.CodeLens(range, command));
    });
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function verdictCommands(verdicts: readonly Verdict[]): vscode.Command[] {
  const shown = verdicts.slice(0, MAX_VERDICTS).map(({ run, stale }) => {
    const verdict = run.ok ? figuresText(run) : refusalText(run);
    const title = `$(${run.ok ? 'pass' : 'error'}) ${hostText(run.host)}: ${plain(verdict)}`;
    return command(
      stale ? vscode.l10n.t('{0} (before the last change)', title) : title,
      COMMANDS.showVerifierLog,
      { id: run.id },
      vscode.l10n.t('Show the verifier log. {0}', runDetails(run)),
    );
  });
  const more = verdicts.length - shown.length;
  if (more > 0) shown.push(command(vscode.l10n.t('{0} more', more), COMMANDS.showVerifierLog, {}, undefined));
  return shown;
}

function verifyCommand(file: string): vscode.Command {
  return command(
    `$(verified) ${vscode.l10n.t('Verify')}`,
    COMMANDS.verify,
    { file },
    vscode.l10n.t('Compile this file and load each of its programs once on a host'),
  );
}

/** `1 234 insns, 87 states, 64 B stack`, as far as the kernel told. */
function figuresText({ insnsProcessed, totalStates, stackDepth }: Verdict['run']): string {
  const figures = [
    insnsProcessed === undefined ? undefined : vscode.l10n.t('{0} insns', formatCount(insnsProcessed)),
    totalStates === undefined ? undefined : vscode.l10n.t('{0} states', formatCount(totalStates)),
    stackDepth === undefined
      ? undefined
      : vscode.l10n.t('{0} B stack', formatCount(stackDepth.reduce((sum, depth) => sum + depth, 0))),
  ].filter(figure => figure !== undefined);
  return figures.length === 0 ? vscode.l10n.t('accepted') : figures.join(', ');
}

/** A verifier's words may look like an icon. */
const plain = (text: string): string => text.replace(/\$\(/g, '$\u200b(');

function command(
  title: string,
  id: CommandId,
  target: CommandTarget,
  tooltip: string | undefined,
): vscode.Command {
  return { title, command: id, arguments: [target], ...(tooltip === undefined ? {} : { tooltip }) };
}
