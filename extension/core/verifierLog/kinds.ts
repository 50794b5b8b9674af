// SPDX-License-Identifier: Apache-2.0

/** What a line of a verifier log is. The numbers are stored in a column of one byte per line. */
export const LineKind = {
  /** Not understood: kept, shown as it is and counted. */
  Unknown: 0,
  Blank: 1,
  /** `12: (61) r1 = *(u32 *)(r1 +0)   ; R1=scalar()`. */
  Insn: 2,
  /** Registers and stack slots on a line of their own: `12: R1=ctx() R10=fp0`, ` frame1: R1=...`. */
  State: 3,
  /** `from 2 to 4: R0=1 ...`: the verifier goes on with a branch that it had put aside. */
  From: 4,
  /** `12: safe`, `from 2 to 4: safe`: a state like one that was explored already. */
  Safe: 5,
  /** `caller:`, `callee:`, `returning from callee:`, `to caller at 7:`. */
  Call: 6,
  /** `; return ctx->op; @ file.c:16`, or without a file on kernels before 6.8. */
  Source: 7,
  /** Backtracking for precision: `mark_precise: ...`, `last_idx ...`, `regs=...`, `parent ...`. */
  Precise: 8,
  /** The table after `Live regs before insn:`, and other results of liveness analysis. */
  Liveness: 9,
  /** `func#1 @12`, `Validating f() func#1...`, `Func#1 ('f') is global and assumed valid.` */
  Subprogram: 10,
  /** A message by which the verifier refuses the program. */
  Error: 11,
  /** A message that informs: the states of a loop, a note about a global function... */
  Note: 12,
  /** `processed 6 insns ...`, `verification time`, `stack depth`. */
  Stats: 13,
  /** The report of Linux 7.3 and later, from `Verification failed:` to its suggestion. */
  Report: 14,
  /** Text of the tool that loaded the program: libbpf, bpftool, cilium, bpftrace, tc. */
  Wrapper: 15,
} as const;

export type LineKind = (typeof LineKind)[keyof typeof LineKind];

/** Names for {@link LineKind}, by number. */
export const LINE_KIND_NAMES = Object.keys(LineKind) as readonly (keyof typeof LineKind)[];
