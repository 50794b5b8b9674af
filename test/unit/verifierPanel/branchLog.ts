// SPDX-License-Identifier: Apache-2.0
/** A refused program at level 2: a branch that is put aside and taken up twice. */
export const BRANCH_LOG = [
  '0: R1=ctx() R10=fp0',
  '; int v = ctx->op; @ a.bpf.c:7',
  '0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=scalar()',
  '; if (v == 1) @ a.bpf.c:8',
  '1: (15) if r2 == 0x1 goto pc+2        ; R2_w=scalar()',
  '2: (b7) r0 = 1                        ; R0_w=1',
  '3: (95) exit',
  '',
  'from 1 to 4: R1=ctx() R2_w=1 R10=fp0',
  '; return *v; @ a.bpf.c:9',
  '4: (61) r0 = *(u32 *)(r2 +0)',
  "R2 invalid mem access 'scalar'",
  'processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1',
  '',
].join('\n');
