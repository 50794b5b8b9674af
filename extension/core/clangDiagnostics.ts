// SPDX-License-Identifier: Apache-2.0

export interface ClangDiagnostic {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
}

/** An error or a warning with the notes that explain it, which may be in other files. */
export interface ClangComplaint extends ClangDiagnostic {
  readonly notes: readonly ClangDiagnostic[];
}

// `C:\dir\x.c:3:4: error: ...`: the drive letter's colon belongs to the file. clang leaves the column out
// with -fno-show-column, and for some errors that concern a whole line.
const LOCATED = /^((?:[A-Za-z]:)?[^:\n]+):(\d+):(?:(\d+):)? (fatal error|error|warning|note|remark): (.*)$/;
const INCLUDED = /^In file included from ((?:[A-Za-z]:)?[^:\n]+):(\d+)[:,]$/;
const DRIVER = /^(?:[^\s:]*clang[^\s:]*: )?(fatal error|error|warning): (.*)$/;

type Severity = ClangDiagnostic['severity'];

function severityOf(word: string): Severity {
  return word === 'warning' || word === 'note' ? word : word === 'remark' ? 'note' : 'error';
}

/**
 * Reads what clang prints with `-fno-caret-diagnostics -fno-color-diagnostics`. A problem inside a header
 * is followed by a note for each line of the including files, so that the person who opens it sees by which
 * source it came up. Errors of the driver (no file) are given to `source`, line 1.
 */
export function parseClangDiagnostics(stderr: string, source: string): ClangDiagnostic[] {
  const found: ClangDiagnostic[] = [];
  let includedFrom: { file: string; line: number }[] = [];
  for (const raw of stderr.split('\n')) {
    const text = raw.replace(/\r$/, '');
    const included = INCLUDED.exec(text.trimStart().replace(/^from /, 'In file included from '));
    if (included?.[1] !== undefined) {
      includedFrom.push({ file: included[1], line: Number(included[2]) });
      continue;
    }
    const located = LOCATED.exec(text);
    if (located?.[1] !== undefined) {
      const severity = severityOf(located[4] ?? '');
      const message = located[5] ?? '';
      const position = { line: Number(located[2]), column: Number(located[3] ?? 1) };
      found.push({ file: located[1], ...position, severity, message });
      for (const from of includedFrom) {
        found.push({
          file: from.file,
          line: from.line,
          column: 1,
          severity: 'note',
          message: `included from here: ${located[1]}:${String(position.line)}: ${message}`,
        });
      }
      includedFrom = [];
      continue;
    }
    const driver = DRIVER.exec(text);
    if (driver?.[1] !== undefined) {
      const message = driver[2] ?? '';
      if (!message.startsWith('linker command failed')) {
        found.push({ file: source, line: 1, column: 1, severity: severityOf(driver[1]), message });
      }
    }
  }
  return found;
}

/** Notes explain the complaint before them; one that has none before it stands for itself. */
export function joinNotes(diagnostics: readonly ClangDiagnostic[]): ClangComplaint[] {
  const complaints: (ClangComplaint & { readonly notes: ClangDiagnostic[] })[] = [];
  for (const diagnostic of diagnostics) {
    const last = complaints.at(-1);
    if (diagnostic.severity === 'note' && last !== undefined) {
      last.notes.push(diagnostic);
    } else {
      complaints.push({ ...diagnostic, notes: [] });
    }
  }
  return complaints;
}

/** What several sources brought up in a file they share: once, with the notes of all. */
export function mergeComplaints(complaints: readonly ClangComplaint[]): ClangComplaint[] {
  const merged = new Map<string, ClangComplaint>();
  for (const complaint of complaints) {
    const key = keyOf(complaint);
    const notes = [...(merged.get(key)?.notes ?? []), ...complaint.notes];
    merged.set(key, { ...complaint, notes: [...new Map(notes.map(note => [keyOf(note), note])).values()] });
  }
  return [...merged.values()];
}

function keyOf({ file, line, column, severity, message }: ClangDiagnostic): string {
  return JSON.stringify([file, line, column, severity, message]);
}
