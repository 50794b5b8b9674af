// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Fix, fixAt, FIX_KINDS, fixOf } from '../../../extension/core/sources/fixes';
import { problemOf } from '../../../extension/core/verifierRuns/problem';
import { VerifierLog } from '../../../extension/core/verifierLog';
import { captureSource, type RealLog } from '../verifierLog/realLogs';

const fixture = new URL('../../fixtures/fixes/refused.bpf.c', import.meta.url).pathname;

describe('edits for what the running kernel refuses', () => {
  let text = '';
  const refused = new Map<string, RealLog>();
  const accepted = new Map<string, RealLog>();
  const fixes = new Map<string, Fix | undefined>();

  beforeAll(async () => {
    text = await readFile(fixture, 'utf8');
    for (const log of await captureSource(fixture, 'v2', [1])) {
      refused.set(log.name, log);
      const problem = problemOf(VerifierLog.parse(log.log));
      fixes.set(log.name, problem && fixOf(text, { program: log.name, problem, isSame: true }));
    }
    const insertions = [...fixes.values()].flatMap(fix => fix?.insertion ?? []);
    let mended = text;
    for (const { offset, text: added } of insertions.sort((a, b) => b.offset - a.offset))
      mended = mended.slice(0, offset) + added + mended.slice(offset);
    const folder = await mkdtemp(join(tmpdir(), 'sockmap-fixes-'));
    try {
      const path = join(folder, 'mended.bpf.c');
      await writeFile(path, mended);
      for (const log of await captureSource(path, 'v2', [1])) accepted.set(log.name, log);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('every program of the fixture is refused as it is', () => {
    expect([...refused.values()].filter(({ ok }) => ok).map(({ name }) => name)).toEqual([]);
    expect(refused.size).toBeGreaterThan(15);
  });

  it('make the kernel accept the program', () => {
    const wanted = [...refused.keys()].filter(name => name.startsWith('fix_'));
    expect(wanted.filter(name => fixes.get(name) === undefined)).toEqual([]);
    expect(wanted.filter(name => accepted.get(name)?.ok !== true)).toEqual([]);
  });

  it('are not made where they would not be sure', () => {
    const others = [...refused.keys()].filter(name => name.startsWith('none_'));
    expect(others.filter(name => fixes.get(name) !== undefined)).toEqual([]);
    expect(others.length).toBeGreaterThan(6);
  });

  it('leave with what the program type takes for "go on"', () => {
    expect(fixes.get('fix_declared')?.insertion.text).toBe('\n\tif (!value)\n\t\treturn 0;');
    expect(fixes.get('fix_assigned')?.insertion.text).toBe('\n\t\tif (!value)\n\t\t\treturn SK_PASS;');
    expect(fixes.get('fix_packet')?.insertion.text).toBe(
      'if ((void *)(eth + 1) > (void *)(long)ctx->data_end)\n\t\treturn XDP_PASS;\n\t',
    );
  });
});

describe('edits by the words of the refusal', () => {
  const edit = (message: string, statement: string): Fix | undefined => {
    const text = `SEC("tc") int f(struct __sk_buff *skb)\n{\n\tlong flags[4] = {};\n\t__u32 i = skb->len;\n\t__u32 key;\n\t${statement}\n\treturn 0;\n}\n`;
    const log = VerifierLog.parse(
      `; ${statement}\n8: (85) call bpf_ringbuf_output#130\n${message}\nprocessed 8 insns (limit 1000000)\n`,
    );
    const problem = problemOf(log);
    return problem && fixOf(text, { program: 'f', problem, isSame: false });
  };

  it('give a value to what was never written, not to what is too small', () => {
    const statement = 'bpf_ringbuf_output(&events, &key, 16, 0);';
    expect(edit('invalid indirect access to stack R2 off=-4 size=4', statement)?.kind).toBe('initialise');
    expect(edit('invalid read from stack R2 off=-4 size=16', statement)).toBeUndefined();
    expect(edit('invalid indirect access to stack R2 off=-4 size=16', statement)).toBeUndefined();
  });

  it('bound an index, not in the place of a size', () => {
    const statement = 'bpf_ringbuf_output(&events, &key, skb->len, flags[i]);';
    const index = 'min value is negative, either use unsigned index or do a if (index >=0) check.';
    expect(edit(`R3 ${index}`, statement)?.kind).toBe('index-check');
    for (const size of [
      "R3 min value is negative, either use unsigned or 'var &= const'",
      "R3 unbounded memory access, use 'var &= const' or 'if (var < const)'",
    ])
      expect(edit(size, statement)).toBeUndefined();
  });
});

describe('edits in any text', () => {
  it('keep its line ends', () => {
    const text = 'SEC("xdp")\r\nint f(void *c)\r\n{\r\n\tint *v = bpf_x(c);\r\n\treturn *v;\r\n}\r\n';
    expect(fixAt(text, 3, 'null-check')?.insertion).toEqual({
      offset: text.indexOf(';') + 1,
      text: '\r\n\tif (!v)\r\n\t\treturn XDP_PASS;',
    });
  });

  it.each([
    ['__u64 key;', 'f2(&m, &key);', '__u64 key = 0;'],
    ['unsigned int key;', 'return f2(&m, &key);', 'unsigned int key = 0;'],
    ['struct key key;', 'f2(&m, &key);', 'struct key key = {};'],
    ['struct key key, other;', 'f2(&m, &key);', undefined],
    ['char key[8];', 'f2(&m, &key);', undefined],
    ['struct key *key;', 'f2(&m, &key);', undefined],
    ['int a; int b;', 'f2(&a, &b);', undefined],
    ['int a = 3;', 'f2(&m, &a);', undefined],
  ])('give a value to what is read before: %s', (declaration, use, wanted) => {
    const text = `SEC("tc") int f(int *c)\n{\n\t${declaration}\n\t${use}\n\treturn 0;\n}\n`;
    const insertion = fixAt(text, 3, 'initialise')?.insertion;
    const mended =
      insertion && text.slice(0, insertion.offset) + insertion.text + text.slice(insertion.offset);
    expect(mended).toBe(wanted && text.replace(declaration, wanted));
  });

  it.each([
    ['a body without braces', 'if (c)\n v = bpf_x(c);\n'],
    ['an else without braces', 'if (c) { } else\n v = bpf_x(c);\n'],
    ['a field', 'c->v = bpf_x(c);\n\n'],
    ['two variables', 'int *v = bpf_x(c), *w = bpf_x(c);\n\n'],
    ['an expression', 'int v = *bpf_x(c) + 1;\n\n'],
    ['a directive inside', 'v = bpf_x(c,\n#ifdef A\n 1\n#endif\n);\n'],
  ])('are not made for %s', (_, body) => {
    const text = `SEC("xdp") int f(int *c)\n{\n${body}\treturn 0;\n}\n`;
    for (const line of [2, 3]) expect(fixAt(text, line, 'null-check')).toBeUndefined();
  });

  it('never throw, and never lie outside of it', () => {
    const part = fc.constantFrom(
      ...'int f ( ) { } ; = * v [ 1 ] if else for do while ? && -> bpf_x , "a SEC("xdp") # \n \\ ++ :'.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 60 }),
        fc.nat(10),
        fc.constantFrom(...FIX_KINDS),
        (parts, line, kind) => {
          const text = parts.join(' ');
          const fix = fixAt(text, line, kind);
          expect(fix?.insertion.offset ?? 0).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});
