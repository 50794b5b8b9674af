// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it, test } from 'vitest';
import { explain, VerifierLog, type Explanation } from '../../../extension/core/verifierLog';
import { captureLogs, FIXTURES } from './realLogs';

interface Expected {
  readonly id: string;
  readonly knew: RegExp;
  readonly origin?: RegExp;
}

/** Refused program of test/fixtures/verifier -> entry, what the verifier knew, and the C line of the origin. */
const EXPECTED: Readonly<Record<string, Expected>> = {
  null_value: {
    id: 'map-value-or-null',
    knew: /^R0 is map_value.*bpf_map_lookup_elem\(\)/,
    origin: /bpf_map_lookup_elem/,
  },
  packet_bounds: { id: 'packet-bounds', knew: /^R1 is pkt\(/, origin: /ctx->data/ },
  message_bounds: { id: 'packet-bounds', knew: /^R2 is pkt\(/ },
  in_subprogram: { id: 'packet-bounds', knew: /^R1 is pkt\(/, origin: /ctx->data/ },
  unknown_return: { id: 'exit-value', knew: /R0/ },
  bad_return: { id: 'exit-value', knew: /R0/ },
  leaked_reference: { id: 'unreleased-reference', knew: /bpf_sk_lookup_tcp/, origin: /bpf_sk_lookup_tcp/ },
  leaked_record: { id: 'unreleased-reference', knew: /bpf_ringbuf_reserve/, origin: /bpf_ringbuf_reserve/ },
  bad_helper: { id: 'helper-not-allowed', knew: /bpf_redirect/ },
  endless: { id: 'infinite-loop', knew: /At instruction \d+/ },
  bad_context: { id: 'context-access', knew: /4 bytes wide, at offset 4096/ },
  write_context: { id: 'context-access', knew: /4 bytes wide, at offset 20/ },
  map_bounds: { id: 'map-value-bounds', knew: /^R0 is map_value/ },
  read_only: { id: 'map-read-only', knew: /write into map forbidden/ },
  not_a_pointer: { id: 'not-a-pointer', knew: /^R1 is scalar.*: a number/ },
  used_after_release: { id: 'not-a-pointer', knew: /^R6 / },
  stack_bounds: { id: 'stack-variable-offset', knew: /./ },
  bad_size: { id: 'argument-size', knew: /^R4 is scalar.*bpf_skb_load_bytes/ },
  wrong_type: { id: 'argument-type', knew: /bpf_map_lookup_elem gets ctx in R1/ },
};

describe('refusals of the running kernel', () => {
  const found = new Map<string, Explanation | undefined>();

  beforeAll(async () => {
    for (const [name, cpu] of FIXTURES)
      for (const { name: program, log } of await captureLogs(name, cpu, [1]))
        found.set(program, explain(VerifierLog.parse(log)));
  }, 60_000);

  it.each(Object.entries(EXPECTED))('%s is explained', (program, { id, knew, origin }) => {
    const explanation = found.get(program);
    expect(explanation?.id).toBe(id);
    expect(explanation?.knew).toMatch(knew);
    expect(explanation?.fix).not.toBe('');
    if (origin !== undefined) expect(explanation?.origin?.source?.text).toMatch(origin);
  });

  it('programs that were accepted have none', () => {
    const explained = [...found].filter(([, explanation]) => explanation !== undefined);
    expect(explained.map(([program]) => program).sort()).toEqual(Object.keys(EXPECTED).sort());
  });
});

test('a refusal that the table does not know is told in the verifier’s words', () => {
  const log = '0: (b7) r0 = 0   ; R0=0\nR3 type=alien\nprocessed 1 insns (limit 1000000)\n';
  expect(explain(VerifierLog.parse(log))).toMatchObject({ id: 'other', needed: 'R3 type=alien.' });
});

/** Printed by Linux 6.12 for kernel_memory_write of test/fixtures/verifier/explain/memory.bpf.c. */
const WORDLESS = `0: R1=ctx() R10=fp0
; struct bpf_sock *sk = skb->sk; @ memory.bpf.c:304
0: (79) r1 = *(u64 *)(r1 +168)        ; R1_w=sock_common_or_null(id=1)
; if (!sk) @ memory.bpf.c:307
1: (15) if r1 == 0x0 goto pc+4        ; R1_w=sock_common()
; tcp = bpf_skc_to_tcp_sock(sk); @ memory.bpf.c:309
2: (85) call bpf_skc_to_tcp_sock#137          ; R0_w=ptr_or_null_tcp_sock(id=2)
; if (!tcp) @ memory.bpf.c:310
3: (15) if r0 == 0x0 goto pc+2        ; R0_w=ptr_tcp_sock()
4: (b7) r1 = 1                        ; R1_w=1
; *(volatile __u32 *)(tcp + 16) = 1; @ memory.bpf.c:312
5: (63) *(u32 *)(r0 +16) = r1
processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

test('a refusal without a message is told by the instruction at which the verifier stopped', () => {
  const explanation = explain(VerifierLog.parse(WORDLESS));
  expect(explanation?.id).toBe('no-reason');
  expect(explanation?.knew).toContain('*(u32 *)(r0 +16) = r1');
  expect(explanation?.failure.source).toMatchObject({ file: 'memory.bpf.c', line: 312 });
  // A log that was cut off before its statistics tells nothing of the kind.
  expect(explain(VerifierLog.parse(WORDLESS.replace(/^processed.*\n/m, '')))).toBeUndefined();
});
