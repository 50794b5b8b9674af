// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { Disposable } from '../../core/util/disposable';
import type { BuildResult, ClangDiagnostic } from '../../host/api';

/** What clang said, in the Problems panel, until the next build of the same source. */
export class BuildProblems implements Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('sockmap');
  /** Source path -> files that its last build complained about. */
  readonly #files = new Map<string, vscode.Uri[]>();

  set(source: string, result: BuildResult): void {
    for (const uri of this.#files.get(source) ?? []) {
      this.#collection.delete(uri);
    }
    const byFile = new Map<string, ClangDiagnostic[]>();
    for (const diagnostic of result.diagnostics) {
      byFile.set(diagnostic.file, [...(byFile.get(diagnostic.file) ?? []), diagnostic]);
    }
    const uris: vscode.Uri[] = [];
    for (const [file, diagnostics] of byFile) {
      const uri = vscode.Uri.file(file);
      uris.push(uri);
      this.#collection.set(uri, diagnosticsOf(diagnostics));
    }
    this.#files.set(source, uris);
  }

  dispose(): void {
    this.#collection.dispose();
    this.#files.clear();
  }
}

/** Notes explain the complaint before them. */
function diagnosticsOf(items: readonly ClangDiagnostic[]): vscode.Diagnostic[] {
  const result: vscode.Diagnostic[] = [];
  for (const item of items) {
    const last = result.at(-1);
    if (item.severity === 'note' && last !== undefined) {
      const location = new vscode.Location(vscode.Uri.file(item.file), rangeOf(item));
      last.relatedInformation = [
        ...(last.relatedInformation ?? []),
        new vscode.DiagnosticRelatedInformation(location, item.message),
      ];
      continue;
    }
    const diagnostic = new vscode.Diagnostic(rangeOf(item), item.message, severityOf(item));
    diagnostic.source = 'clang';
    result.push(diagnostic);
  }
  return result;
}

function severityOf(item: ClangDiagnostic): vscode.DiagnosticSeverity {
  const severities: Record<ClangDiagnostic['severity'], vscode.DiagnosticSeverity> = {
    error: vscode.DiagnosticSeverity.Error,
    warning: vscode.DiagnosticSeverity.Warning,
    note: vscode.DiagnosticSeverity.Information,
  };
  return severities[item.severity];
}

/** An empty range at the column: the editor widens it to the word there. */
function rangeOf({ line, column }: ClangDiagnostic): vscode.Range {
  const position = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  return new vscode.Range(position, position);
}
