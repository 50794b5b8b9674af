// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sectionFunctions } from '../../../extension/core/sources/sections';
import { fixturePath } from '../verifierLog/realLogs';

const names = (text: string): [string, string, number][] =>
  sectionFunctions(text).map(({ name, section, line }) => [name, section, line]);

describe('functions with a section', () => {
  it('are found with their name, section and lines', () => {
    const text =
      'SEC("sk_msg")\nint first(struct sk_msg_md *msg)\n{\n\treturn 1;\n}\n\nSEC("sockops") int second(void *c) { return 0; }\n';
    expect(sectionFunctions(text)).toEqual([
      { name: 'first', section: 'sk_msg', line: 1, column: 4, range: { start: 1, end: 5 } },
      { name: 'second', section: 'sockops', line: 6, column: 19, range: { start: 6, end: 7 } },
    ]);
  });

  it('are no maps, licences, declarations or variables', () => {
    expect(
      names(
        'struct { int x; } m SEC(".maps");\nchar _license[] SEC("license") = "GPL";\nSEC("xdp") int f(void);\nint g SEC(".data") = 3;\nconst int SEC(".rodata") h = 3; int k(void) { return 0; }',
      ),
    ).toEqual([]);
  });

  it('are not looked for in comments, strings, characters and directives', () => {
    const text = [
      '// SEC("xdp") int a(void) { }',
      '/* SEC("xdp")',
      ' # not a directive */',
      '#define PROG(n) SEC("xdp") \\',
      '\tint n(void) { return 0; }',
      'char *s = "SEC(\\"xdp\\") int b(void) {";',
      "char c = '{', d = '\\'';",
      'SEC("tc") int real(void) { char *x = "}"; /* } */ return \'}\'; }',
      'SEC("tc") int next(void) { return 0; }',
    ].join('\n');
    expect(names(text)).toEqual([
      ['real', 'tc', 7],
      ['next', 'tc', 8],
    ]);
  });

  it('are named by BPF_PROG and its like, attributes and modifiers do not hide them', () => {
    const text = [
      'SEC("?fentry/tcp_sendmsg")',
      'int BPF_PROG(on_send, struct sock *sk)',
      '{ return 0; }',
      'SEC("tc")',
      '__attribute__((noinline)) static int',
      'split(struct __sk_buff *skb)',
      '{ return 0; }',
      '__attribute__((section("xdp"), used)) int plain(struct xdp_md *c) { return 0; }',
      'SEC("x" "dp") int joined(void) { return 0; }',
    ].join('\r\n');
    expect(names(text)).toEqual([
      ['on_send', 'fentry/tcp_sendmsg', 1],
      ['split', 'tc', 5],
      ['plain', 'xdp', 7],
      ['joined', 'xdp', 8],
    ]);
  });

  it('are all that a real file has', async () => {
    for (const name of ['accepted', 'rejected']) {
      const text = await readFile(fixturePath(name), 'utf8');
      const wanted = [...text.matchAll(/^SEC\("(?!\.maps|license)[^"]+"\)\n[\w\s]*?\b(\w+)\(/gm)].map(
        ([, n]) => n,
      );
      expect(wanted.length).toBeGreaterThan(3);
      expect(sectionFunctions(text).map(one => one.name)).toEqual(wanted);
    }
  });

  it('are looked for in linear time, whatever the text is', () => {
    const piece = fc.constantFrom(
      'SEC("a")',
      'SEC(',
      '"',
      '/*',
      '*/',
      '{',
      '}',
      '(',
      ')',
      'int f(',
      '\n',
      '#',
      '//',
      "'",
      '\\',
      ';',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
        const text = pieces.join(' ');
        const lines = text.split('\n').length;
        return sectionFunctions(text).every(({ range }) => range.start < range.end && range.end <= lines);
      }),
      { numRuns: 2000 },
    );
    // Of this process, whatever else runs.
    const start = process.cpuUsage();
    sectionFunctions('SEC("a") int f( { '.repeat(20_000));
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
  });
});
