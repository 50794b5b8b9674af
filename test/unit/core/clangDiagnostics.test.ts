// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseClangDiagnostics } from '../../../extension/core/clangDiagnostics';
import { anyText } from '../../support/text';

const parse = (text: string) => parseClangDiagnostics(text, '/src/x.bpf.c');

test('errors, warnings and notes with their positions', () => {
  const text = [
    "/src/x.bpf.c:12:7: error: use of undeclared identifier 'skb'",
    '/src/x.bpf.c:14:2: warning: unused variable [-Wunused-variable]',
    "/src/x.bpf.c:9:5: note: 'sk' declared here",
    '1 warning and 1 error generated.',
  ].join('\n');
  expect(parse(text)).toEqual([
    {
      file: '/src/x.bpf.c',
      line: 12,
      column: 7,
      severity: 'error',
      message: "use of undeclared identifier 'skb'",
    },
    {
      file: '/src/x.bpf.c',
      line: 14,
      column: 2,
      severity: 'warning',
      message: 'unused variable [-Wunused-variable]',
    },
    { file: '/src/x.bpf.c', line: 9, column: 5, severity: 'note', message: "'sk' declared here" },
  ]);
});

test('an error in a header also marks the lines that include it', () => {
  const text = [
    'In file included from /src/x.bpf.c:3:',
    'In file included from /src/a.h:7:',
    "/src/b.h:1:10: fatal error: 'nope.h' file not found",
  ].join('\n');
  const message = "included from here: /src/b.h:1: 'nope.h' file not found";
  expect(parse(text)).toEqual([
    { file: '/src/b.h', line: 1, column: 10, severity: 'error', message: "'nope.h' file not found" },
    { file: '/src/x.bpf.c', line: 3, column: 1, severity: 'note', message },
    { file: '/src/a.h', line: 7, column: 1, severity: 'note', message },
  ]);
});

test('Windows paths and line ends, and errors without a column', () => {
  expect(parse('C:\\bpf dir\\x.c:3:4: error: bad\r\n/src/x.c:5: error: LLVM ERROR\r\n')).toEqual([
    { file: 'C:\\bpf dir\\x.c', line: 3, column: 4, severity: 'error', message: 'bad' },
    { file: '/src/x.c', line: 5, column: 1, severity: 'error', message: 'LLVM ERROR' },
  ]);
});

test('errors of the driver belong to the source', () => {
  expect(parse("clang: error: unknown argument: '-fnope'\nclang-14: warning: odd\nerror: no target")).toEqual(
    [
      { file: '/src/x.bpf.c', line: 1, column: 1, severity: 'error', message: "unknown argument: '-fnope'" },
      { file: '/src/x.bpf.c', line: 1, column: 1, severity: 'warning', message: 'odd' },
      { file: '/src/x.bpf.c', line: 1, column: 1, severity: 'error', message: 'no target' },
    ],
  );
});

test('every diagnostic that is printed is found again, whatever stands between', () => {
  const word = fc.stringMatching(/^[a-z][a-z '\[\]-]{0,30}[a-z]$/);
  const diagnostic = fc.record({
    file: fc.stringMatching(/^\/[a-zA-Z0-9_. -]{1,20}\.c$/),
    line: fc.integer({ min: 1, max: 1e6 }),
    column: fc.integer({ min: 1, max: 1e4 }),
    severity: fc.constantFrom('error' as const, 'warning' as const, 'note' as const),
    message: word,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(diagnostic, fc.stringMatching(/^[ ~^|0-9]{0,20}$/))), list => {
      const lines = list.flatMap(([d, noise]) => [
        `${d.file}:${String(d.line)}:${String(d.column)}: ${d.severity}: ${d.message}`,
        noise,
      ]);
      expect(parse(lines.join('\n'))).toEqual(list.map(([d]) => d));
    }),
  );
});

test('no text makes it throw', () => {
  fc.assert(fc.property(anyText(400), text => void parse(text)));
});
