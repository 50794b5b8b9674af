// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { VerifierLog } from '../../../extension/core/verifierLog';

const parse = (...lines: string[]): VerifierLog => VerifierLog.parse(lines.map(line => `${line}\n`).join(''));

/** The instruction of each step of the last line's slice, with what it made. */
function steps(log: VerifierLog, target: { register: number } | { slot: number }): string[] {
  const { steps: found } = log.slice(log.lineCount - 1, target);
  return found.map(step => `${step.target}: ${log.insn(step.line)?.text ?? ''}`);
}

describe('a stack slot', () => {
  const HALVES = [
    '0: R1=ctx() R10=fp0',
    '0: (61) r6 = *(u32 *)(r1 +0)          ; R1=ctx() R6=scalar()',
    '1: (63) *(u32 *)(r10 -4) = r6         ; R6=scalar() R10=fp0 fp-8=mmmm????',
    '2: (b7) r7 = 7                        ; R7=7',
    '3: (63) *(u32 *)(r10 -8) = r7         ; R7=7 R10=fp0 fp-8=mmmmmmmm',
  ];
  const UPPER = ['fp-8: *(u32 *)(r10 -4) = r6', 'r6: r6 = *(u32 *)(r1 +0)'];
  const LOWER = ['fp-8: *(u32 *)(r10 -8) = r7', 'r7: r7 = 7'];

  it('is two variables when its halves are', () => {
    const log = (offset: number): VerifierLog =>
      parse(...HALVES, `4: (61) r3 = *(u32 *)(r10 ${offset}) ; R3=scalar() R10=fp0 fp-8=mmmmmmmm`);
    expect(steps(log(-4), { register: 3 })).toEqual(['r3: r3 = *(u32 *)(r10 -4)', ...UPPER]);
    expect(steps(log(-8), { register: 3 })).toEqual(['r3: r3 = *(u32 *)(r10 -8)', ...LOWER]);
  });

  it('is one where all of it is read, or asked for', () => {
    const log = parse(...HALVES, '4: (79) r3 = *(u64 *)(r10 -8)         ; R3=scalar() R10=fp0 fp-8=mmmmmmmm');
    const both = [...LOWER, ...UPPER];
    expect(steps(log, { register: 3 })).toEqual(['r3: r3 = *(u64 *)(r10 -8)', ...both]);
    expect(steps(log, { slot: -4 })).toEqual(both);
  });

  it('keeps the byte that a narrow store leaves', () => {
    const log = parse(
      ...HALVES,
      '4: (73) *(u8 *)(r10 -1) = r7          ; R7=7 R10=fp0 fp-8=mmmmmmmm',
      '5: (69) r3 = *(u16 *)(r10 -2)         ; R3=scalar() R10=fp0 fp-8=mmmmmmmm',
    );
    expect(steps(log, { register: 3 })).toEqual([
      'r3: r3 = *(u16 *)(r10 -2)',
      'fp-8: *(u8 *)(r10 -1) = r7',
      'r7: r7 = 7',
      ...UPPER,
    ]);
  });

  it('is written through another register, and updated', () => {
    const log = parse(
      ...HALVES,
      '4: (bf) r8 = r10                      ; R8=fp0 R10=fp0',
      '5: (07) r8 += -8                      ; R8=fp-8',
      '6: (c3) lock *(u32 *)(r8 +4) += r7    ; R7=7 R8=fp-8 fp-8=mmmmmmmm',
      '7: (63) *(u32 *)(r8 +0) = r7          ; R7=7 R8=fp-8 fp-8=mmmmmmmm',
      '8: (61) r3 = *(u32 *)(r10 -4)         ; R3=scalar() R10=fp0 fp-8=mmmmmmmm',
    );
    expect(steps(log, { register: 3 })).toEqual([
      'r3: r3 = *(u32 *)(r10 -4)',
      'fp-8: lock *(u32 *)(r8 +4) += r7',
      'r7: r7 = 7',
      ...UPPER,
    ]);
  });

  it('is followed in both when an access that is not aligned lies in two', () => {
    const log = parse(
      ...HALVES,
      '4: (7b) *(u64 *)(r10 -16) = r1        ; R1=ctx() R10=fp0 fp-16=ctx()',
      '5: (79) r3 = *(u64 *)(r10 -12)        ; R3=scalar() R10=fp0',
    );
    expect(steps(log, { register: 3 })).toEqual([
      'r3: r3 = *(u64 *)(r10 -12)',
      'fp-16: *(u64 *)(r10 -16) = r1',
      ...LOWER,
    ]);
  });
});
