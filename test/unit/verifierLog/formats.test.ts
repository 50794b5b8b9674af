// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { LINE_KIND_NAMES, LineKind, VerifierLog } from '../../../extension/core/verifierLog';
import { decodeInsn } from '../../../extension/core/verifierLog/insn';

const parse = (...lines: string[]): VerifierLog => VerifierLog.parse(lines.map(line => `${line}\n`).join(''));
const kinds = (log: VerifierLog): string[] =>
  Array.from({ length: log.lineCount }, (_, i) => LINE_KIND_NAMES[log.kind(i)] ?? '');
const cell = (log: VerifierLog, line: number, name: string, frame = 0) =>
  log.stateAt(line).frames[frame]?.cells.find(one => one.name === name);

describe('instructions', () => {
  it.each([
    ['r1 = -r1', 'alu', 0b10, 0b10],
    ['w3 = (s8)w4', 'alu', 0b10000, 0b1000],
    ['r3 s/= r2', 'alu', 0b1100, 0b1000],
    ['w3 s%= -7', 'alu', 0b1000, 0b1000],
    ['r3 s>>= 32', 'alu', 0b1000, 0b1000],
    ['r2 = bswap64 r2', 'alu', 0b100, 0b100],
    ['r2 = *(s16 *)(r10 -8)', 'load', 1 << 10, 0b100],
    ['r2 = load_acquire((u64 *)(r1 +8))', 'load', 0b10, 0b100],
    ['store_release((u32 *)(r10 -8), w2)', 'store', (1 << 10) | 0b100, 0],
    ['*(u8 *)(r1 +0) = 0', 'store', 0b10, 0],
    ['lock *(u64 *)(r1 +0) |= r2', 'atomic', 0b110, 0],
    ['r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)', 'atomic', 0b110, 0b100],
    ['w2 = atomic_xchg((u32 *)(r1 +0), w2)', 'atomic', 0b110, 0b100],
    ['r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r5)', 'atomic', 0b100011, 1],
    ['r0 = *(u16 *)skb[r7 + 2]', 'packet', 0b11000000, 1],
    ['r1 = addr_space_cast(r2, 0, 1)', 'cast', 0b100, 0b10],
    ['r1 = 0xffff888100e05400', 'imm64', 0, 0b10],
    ['r1 = map[id:5][0]+8', 'imm64', 0, 0b10],
    ['if w1 s<= 0xffffffff goto pc-3', 'jump', 0b10, 0],
    ['if r1 & 0x10 goto pc+2', 'jump', 0b10, 0],
    ['gotol pc+70000', 'jump', 0, 0],
    ['may_goto pc+2', 'jump', 0, 0],
    ['call pc+12', 'call', 0, 1],
    ['call bpf_map_lookup_elem#1', 'call', 0, 1],
    ['call bpf_iter_num_next#80123', 'call', 0, 1],
    // A weak kernel function that this kernel lacks.
    ['call #0', 'call', 0, 1],
    ['callx r3', 'call', 0b1000, 1],
  ])('%s', (text, kind, reads, writes) => {
    const insn = decodeInsn(9, kind === 'imm64' ? 0x18 : 0x85, text);
    expect([insn?.kind, insn?.reads, insn?.writes]).toEqual([kind, reads, writes]);
  });

  it('are refused when they are none', () => {
    for (const text of [
      'r1 =',
      'r11 = 5',
      'if r1 goto pc+1',
      'goto',
      'r1 = *(u7 *)(r2 +0)',
      'x'.repeat(5000),
    ])
      expect(decodeInsn(0, 0xb7, text)).toBeUndefined();
  });
});

describe('kernels before 5.17', () => {
  const log = parse(
    'func#0 @0',
    '0: R1=ctx(id=0,off=0,imm=0) R10=fp0',
    '; if (ctx->op)',
    '0: (61) r2 = *(u32 *)(r1 +0)',
    '1: R1=ctx(id=0,off=0,imm=0) R2_w=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0',
    '1: (7b) *(u64 *)(r10 -8) = r2',
    '2: R1=ctx(id=0,off=0,imm=0) R2_w=inv(id=0) R10=fp0 fp-8_w=mmmmmmmm',
    '2: (55) if r2 != 0x0 goto pc+2',
    ' R1=ctx(id=0,off=0,imm=0) R2_w=invP0 R10=fp0 fp-8=mmmmmmmm',
    '3: (b7) r0 = 0',
    '4: (95) exit',
    '',
    'from 2 to 5: R1=ctx(id=0,off=0,imm=0) R2_rw=inv(id=0) R10=fp0 fp-8=mmmmmmmm',
    '5: (79) r0 = *(u64 *)(r10 -8)',
    'last_idx 5 first_idx 0',
    'regs=1 stack=0 before 2: (55) if r2 != 0x0 goto pc+2',
    "parent didn't have regs=1 stack=0 marks",
    '6: (95) exit',
    'At program exit the register R0 has unknown scalar value should have been in (0x0; 0x1)',
    'processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
  );

  it('parse without an unknown line', () => {
    expect(log.unrecognizedCount).toBe(0);
    expect(log.kind(8)).toBe(LineKind.State);
    expect(log.kind(12)).toBe(LineKind.From);
    expect(kinds(log).slice(14, 17)).toEqual(['Precise', 'Precise', 'Precise']);
  });

  it('give states old to new, and forget a branch that was left', () => {
    expect(cell(log, 3, 'r2')).toMatchObject({ before: undefined, changed: true });
    expect(cell(log, 9, 'r2')?.before).toBe('invP0');
    expect(cell(log, 13, 'r2')?.before).toBe('inv(id=0)');
    expect(log.path(log.line(13).path).parentLine).toBe(7);
  });

  it('trace a fill through its spill and the branch to the load', () => {
    const steps = log.slice(13, { register: 0 }).steps;
    expect(steps.map(step => [step.line, step.target])).toEqual([
      [13, 'r0'],
      [5, 'fp-8'],
      [3, 'r2'],
    ]);
  });

  it('tell at level 2 what a pruned path makes precise', () => {
    const pruned = parse('0: (b7) r0 = 0', '1: safe', 'propagating r6', 'propagating fp-8');
    expect(pruned.unrecognizedCount).toBe(0);
    expect(kinds(pruned).slice(2)).toEqual(['Precise', 'Precise']);
  });

  it('have C text without a file', () => {
    expect(log.source(3)).toEqual({ text: 'if (ctx->op)', file: undefined, line: undefined });
    expect(log.failure()?.message).toMatch(/^At program exit/);
  });
});

describe('functions', () => {
  const log = parse(
    '0: R1=ctx() R10=fp0',
    '0: (b7) r1 = 7                        ; R1_w=7',
    '1: (85) call pc+2',
    'caller:',
    ' R10=fp0',
    'callee:',
    ' frame1: R1_w=7 R10=fp0',
    '4: (bf) r0 = r1                       ; frame1: R0_w=7 R1_w=7',
    '5: (95) exit',
    'returning from callee:',
    ' frame1: R0_w=7 R1_w=7 R10=fp0',
    'to caller at 2:',
    ' R0_w=7 R10=fp0',
    '2: (95) exit',
    'processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
    'stack depth 8+16',
  );

  it('have frames', () => {
    expect(log.unrecognizedCount).toBe(0);
    expect([1, 7, 8, 13].map(line => log.line(line).frame)).toEqual([0, 1, 1, 0]);
    expect(cell(log, 7, 'r0', 1)).toMatchObject({ before: undefined, after: '7' });
    expect(log.stateAt(13).frames.length).toBe(1);
  });

  it('are traced through: result, argument, constant', () => {
    const steps = log.slice(13, { register: 0 }).steps;
    expect(steps.map(step => step.line)).toEqual([8, 7, 2, 1]);
    expect(steps.at(-1)?.role).toBe('origin');
  });

  it('have their stack', () => {
    expect(log.counters.stackDepth).toEqual([8, 16]);
    expect(log.sections[0]?.subprograms.map(one => one.stackDepth)).toEqual([8, 16]);
  });
});

describe('the report of Linux 7.3', () => {
  const log = parse(
    '0: R1=ctx() R10=fp0',
    '0: (95) exit',
    'R0 !read_ok',
    '',
    'Verification failed: Register Type Safety: Unreadable register',
    '',
    'Reason:',
    '  R0 has never been initialized on this path, so the verifier cannot use it as an input.',
    '',
    'At:',
    '  main @ prog.bpf.c:12:3',
    '        | ^-- error: R0 is not readable',
    '  Instruction context:',
    '  >>> 0 | (95) exit',
    '',
    'Causal path:',
    '  no retained diagnostic events on this path',
    '',
    'Suggestion:',
    '  Initialize R0 on every path before this instruction.',
    '',
    'processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
  );

  it('is read', () => {
    expect(log.unrecognizedCount).toBe(0);
    expect(log.failure()?.message).toBe('R0 !read_ok');
    expect(log.failure()?.report).toMatchObject({
      category: 'Register Type Safety',
      title: 'Unreadable register',
      suggestion: 'Initialize R0 on every path before this instruction.',
      file: 'prog.bpf.c',
      line: 12,
      insn: 0,
    });
    expect(log.counters.insns).toBe(1);
  });
});

describe('what surrounds a log', () => {
  it('separates the programs of libbpf', () => {
    const log = parse(
      "libbpf: prog 'one': BPF program load failed: Permission denied",
      "libbpf: prog 'one': -- BEGIN PROG LOAD LOG --",
      '0: R1=ctx() R10=fp0',
      '0: (95) exit',
      'R0 !read_ok',
      'processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
      '-- END PROG LOAD LOG --',
      "libbpf: prog 'two': -- BEGIN PROG LOAD LOG --",
      '0: R1=ctx() R10=fp0',
      '0: (b7) r0 = 0                        ; R0_w=0',
      '1: (95) exit',
      'processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
      '-- END PROG LOAD LOG --',
      'Error: failed to load object file',
    );
    expect(log.unrecognizedCount).toBe(0);
    expect(log.sections.map(section => section.program)).toEqual(['one', 'two']);
    expect(log.sections.map(section => log.failure(section)?.message)).toEqual(['R0 !read_ok', undefined]);
  });

  it('may be tabs and a summary, as cilium/ebpf prints', () => {
    const log = parse(
      'load program: permission denied:',
      '\t0: R1=ctx() R10=fp0',
      '\t0: (95) exit',
      '\tR0 !read_ok',
      '\tprocessed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
      '(3 lines omitted)',
    );
    expect(log.unrecognizedCount).toBe(0);
    expect(log.failure()?.insn).toBe(0);
  });

  it('may be missing: head and tail of a cut log', () => {
    expect(VerifierLog.parse('1=ctx()\n7: (b7) r0 = 0   ; R0_w=0\n8: (95) ex').truncation).toEqual({
      head: true,
      tail: true,
    });
  });

  it('keeps, marks and counts what it does not understand', () => {
    const log = parse('0: (95) exit', 'zork! 12', '1: (b7) r0 =');
    expect(log.unrecognized).toEqual([1, 2]);
    expect(log.text(1)).toBe('zork! 12');
  });
});

describe('bytes', () => {
  it('are the same however they are cut', () => {
    const text = '; "größe 😀" @ ä.c:3\r\n0: (b7) r0 = 0   ; R0_w=0\r\n1: (95) exit';
    const whole = VerifierLog.parse(text);
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size < 9; size++) {
      const cut = new VerifierLog();
      const units = new VerifierLog();
      for (let at = 0; at < bytes.length; at += size) cut.push(bytes.subarray(at, at + size));
      for (let at = 0; at < text.length; at += size) units.push(text.slice(at, at + size));
      cut.end();
      units.end();
      for (const log of [cut, units]) {
        expect(kinds(log)).toEqual(kinds(whole));
        expect(log.text(0)).toBe('; "größe 😀" @ ä.c:3');
        expect(log.source(1)).toEqual({ text: '"größe 😀"', file: 'ä.c', line: 3 });
      }
    }
  });

  it('are found by line, with or without case', () => {
    const log = parse('0: (b7) r0 = 0', 'R0 invalid mem access', '1: (95) exit');
    expect(log.find('invalid MEM')).toBe(-1);
    expect(log.find('invalid MEM', 0, { ignoreCase: true })).toBe(1);
    expect(log.find('exit')).toBe(2);
    expect(log.find('r0 = 0', 1)).toBe(-1);
  });

  it('may be one line of many megabytes', () => {
    const log = VerifierLog.parse('a'.repeat(9_000_000) + '\n0: (95) exit\n');
    expect(log.text(log.lineCount - 1)).toBe('0: (95) exit');
  });

  it('are kept, not copied, in large chunks, with the same result', () => {
    const text = Array.from({ length: 200_000 }, (_, i) => `${i % 900}: (b7) r0 = ${i}   ; R0_w=${i}\n`).join(
      '',
    );
    const bytes = new TextEncoder().encode(text);
    const log = new VerifierLog();
    const cuts = [0, 7, 300_007, 2_000_001, 2_000_050, bytes.length];
    for (let i = 0; i + 1 < cuts.length; i++) log.push(bytes.subarray(cuts[i], cuts[i + 1]));
    log.end();
    const lines = Array.from({ length: log.lineCount }, (_, i) => log.text(i));
    expect(lines.join('\n') + '\n' === text).toBe(true);
    expect(log.find('r0 = 199999 ')).toBe(199_999);
  });
});
