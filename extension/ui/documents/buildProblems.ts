// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { type ClangComplaint, joinNotes, mergeComplaints } from '../../core/clangDiagnostics';
import type { Disposable } from '../../core/util/disposable';
import type { BuildResult, ClangDiagnostic } from '../../host/api';

/** What clang said, in the Problems panel, until the next build of the same source. */
export class BuildProblems implements Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('sockmap');
  /** Source path -> what its last build complained about. Several sources may complain about one header. */
  readonly #complaints = new Map<string, readonly ClangComplaint[]>();

  set(source: string, result: BuildResult): void {
    const before = this.#complaints.get(source) ?? [];
    const now = joinNotes(result.diagnostics);
    this.#complaints.set(source, now);
    const all = [...this.#complaints.values()].flat();
    for (const file of new Set([...before, ...now].map(complaint => complaint.file))) {
      const complaints = mergeComplaints(all.filter(complaint => complaint.file === file));
      this.#collection.set(vscode.Uri.file(file), complaints.map(diagnosticOf));
    }
  }

  dispose(): void {
    this.#collection.dispose();
    this.#complaints.clear();
  }
}

function diagnosticOf(complaint: ClangComplaint): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(complaint), complaint.message, severityOf(complaint));
  diagnostic.source = 'clang';
  if (complaint.notes.length > 0) {
    diagnostic.relatedInformation = complaint.notes.map(note => {
      const location = new vscode.Location(vscode.Uri.file(note.file), rangeOf(note));
      return new vscode.DiagnosticRelatedInformation(location, note.message);
    });
  }
  return diagnostic;
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
