// SPDX-License-Identifier: Apache-2.0

/** Once in this many lines a line of C is another. */
const RARE = 100_000;

/** Five lines, 67 bytes each on average: 371,000 of them make 25 MB. */
const LOOP = [
  '; sum += data[i]; @ loop.bpf.c:21',
  '12: (71) r1 = *(u8 *)(r0 +4)          ; R0=pkt(r=64) R1_w=scalar(smin=smin32=0,smax=umax=255,var_off=(0x0; 0xff))',
  '13: (0f) r6 += r1                     ; R1_w=scalar(smin=smin32=0,smax=umax=255) R6_w=scalar()',
  '14: (07) r7 += 1                      ; R7_w=5',
  '15: (55) if r7 != 0x40 goto pc-4      ; R7_w=5',
];

/** A level-2 log of a loop in pieces of 100,000 lines, each with `needle` in its last lines. */
export function longLog(lines: number): string[] {
  const round = `${LOOP.join('\n')}\n`;
  const pieces = round.repeat(Math.floor(RARE / LOOP.length) - 1);
  const block = `${pieces}; needle = 1; @ loop.bpf.c:30\n16: (b7) r8 = 1\n17: (bf) r9 = r8\n18: (bf) r9 = r8\n19: (bf) r9 = r8\n`;
  const whole = Math.floor(lines / RARE);
  const rest = Math.floor((lines % RARE) / LOOP.length);
  return [...Array.from({ length: whole }, () => block), ...(rest > 0 ? [round.repeat(rest)] : [])];
}
