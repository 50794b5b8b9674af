// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import type { Diagnostic } from 'vscode';
import { BuildProblems } from '../../../extension/ui/documents/buildProblems';
import type { BuildResult, ClangDiagnostic } from '../../../extension/host/api';
import { FakeDiagnosticCollection, languages, Uri } from '../../support/vscode';

const HEADER = '/w/shared.h';

afterEach(() => {
  vi.restoreAllMocks();
});

function setup() {
  const collection = new FakeDiagnosticCollection<Diagnostic>();
  vi.spyOn(languages, 'createDiagnosticCollection').mockReturnValue(collection);
  const problems = new BuildProblems();
  const build = (source: string, ...diagnostics: ClangDiagnostic[]) => {
    const result: BuildResult = { ok: false, object: '', output: '', durationMs: 0, diagnostics };
    problems.set(source, result);
  };
  /** Message and notes of each problem in a file. */
  const shown = (file: string) =>
    (collection.get(Uri.file(file)) ?? []).map(({ message, relatedInformation = [] }) => [
      message,
      ...relatedInformation.map(note => `${note.location.uri.fsPath}: ${note.message}`),
    ]);
  return { build, shown };
}

function said(
  severity: ClangDiagnostic['severity'],
  file: string,
  message: string,
  line = 1,
): ClangDiagnostic {
  return { file, line, column: 1, severity, message };
}

test('the build of one source leaves what another one brought up in a shared header', () => {
  const { build, shown } = setup();
  build('/w/a.bpf.c', said('error', HEADER, 'of a'), said('error', '/w/a.bpf.c', 'bad'));
  build('/w/b.bpf.c', said('warning', HEADER, 'of b'));
  expect(shown(HEADER)).toEqual([['of a'], ['of b']]);
  build('/w/a.bpf.c');
  expect(shown(HEADER)).toEqual([['of b']]);
  expect(shown('/w/a.bpf.c')).toEqual([]);
  build('/w/b.bpf.c');
  expect(shown(HEADER)).toEqual([]);
});

test('a mistake in a header that two sources include is shown once, with both of them', () => {
  const { build, shown } = setup();
  for (const source of ['/w/a.bpf.c', '/w/b.bpf.c']) {
    build(source, said('error', HEADER, 'bad'), said('note', source, 'included from here'));
  }
  expect(shown(HEADER)).toEqual([
    ['bad', '/w/a.bpf.c: included from here', '/w/b.bpf.c: included from here'],
  ]);
});

test('a note explains the complaint before it, also from another file', () => {
  const { build, shown } = setup();
  build(
    '/w/a.bpf.c',
    said('warning', HEADER, 'unused x'),
    said('error', '/w/a.bpf.c', 'conflicting types for f', 5),
    said('note', HEADER, 'previous declaration is here', 7),
  );
  expect(shown(HEADER)).toEqual([['unused x']]);
  expect(shown('/w/a.bpf.c')).toEqual([
    ['conflicting types for f', `${HEADER}: previous declaration is here`],
  ]);
});

test('a note with no complaint before it stands for itself', () => {
  const { build, shown } = setup();
  build('/w/a.bpf.c', said('note', HEADER, 'loop vectorized'));
  expect(shown(HEADER)).toEqual([['loop vectorized']]);
});
