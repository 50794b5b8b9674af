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

/** A log in which the verifier refuses the last of the instructions with a message. */
const refusal = (message: string, ...lines: string[]): Explanation | undefined =>
  explain(VerifierLog.parse([...lines, message, 'processed 8 insns (limit 1000000)', ''].join('\n')));

describe('accesses to the stack are told apart by their numbers', () => {
  const CALL = '0: (85) call bpf_map_lookup_elem#1';

  it.each([
    // Since 5.12.
    ['invalid read from stack R2 off=-4 size=16', 'stack-out-of-range'],
    ['invalid read from stack R1 off=0 size=8', 'stack-out-of-range'],
    ['invalid read from stack R1 off=-520 size=8', 'stack-out-of-range'],
    ['invalid write to stack R10 off=-520 size=8', 'stack-out-of-range'],
    // From 5.12 to 6.2 of what was never written, and of helpers.
    ['invalid read from stack R10 off=-512 size=8', 'stack-uninitialised'],
    ['invalid read from stack R10 off=-8 size=8', 'stack-uninitialised'],
    ['invalid indirect access to stack R2 off=-8 size=8', 'stack-uninitialised'],
    ['invalid indirect access to stack R2 off=-8 size=16', 'stack-out-of-range'],
    ['invalid indirect access to stack R2 off=-8 size=-1', 'stack-out-of-range'],
    ['invalid read from stack R2 off -8+4 size 8', 'stack-uninitialised'],
    ['invalid indirect read from stack R2 var_off (0x0; 0xf)+4 size 8', 'stack-uninitialised'],
    // 5.10.
    ['invalid read from stack off -8+0 size 8', 'stack-uninitialised'],
    ['invalid indirect read from stack off -8+4 size 8', 'stack-uninitialised'],
    ['invalid stack off=-520 size=8', 'stack-out-of-range'],
    ['invalid stack type R2 off=-4 access_size=16', 'stack-out-of-range'],
  ])('%s: %s', (message, id) => {
    expect(refusal(message, CALL)?.id).toBe(id);
  });
});

describe('bounds', () => {
  it.each([
    ["R3 unbounded memory access, use 'var &= const' or 'if (var < const)'", 'argument-size'],
    ['R3 unbounded memory access, make sure to bounds check any such access', 'map-value-bounds'],
    ['R3 max value is outside of the allowed memory range', 'map-value-bounds'],
  ])('%s: %s', (message, id) => {
    expect(refusal(message, '0: (85) call bpf_ringbuf_output#130')?.id).toBe(id);
  });
});

test('only an exit ends the program without a result', () => {
  expect(refusal('R0 !read_ok', '0: (95) exit')?.id).toBe('exit-uninitialised');
  expect(refusal('R0 !read_ok', '0: (63) *(u32 *)(r10 -4) = r0')?.id).toBe('uninitialised-register');
  expect(refusal('R0 !read_ok')?.id).toBe('uninitialised-register');
});

describe('where the log does not tell a value, as before 5.17 at level 1', () => {
  const LOAD = '1: (61) r1 = *(u32 *)(r1 +0)';
  const LOOKUP = ['6: (85) call bpf_map_lookup_elem#1', '7: (61) r1 = *(u32 *)(r0 +0)'];

  it.each([
    [
      "R0 invalid mem access 'map_value_or_null'",
      LOOKUP,
      'R0, which bpf_map_lookup_elem() returned, is a map value, or NULL when the key is not there.',
    ],
    [
      "R0 invalid mem access 'sock_or_null'",
      ['6: (85) call bpf_sk_lookup_tcp#84', '7: (61) r1 = *(u32 *)(r0 +4)'],
      'R0, which bpf_sk_lookup_tcp() returned, may be NULL.',
    ],
    ['R1 type=sock_or_null expected=sock', [LOAD, '2: (85) call bpf_sk_release#86'], 'R1 may be NULL.'],
    ["R1 invalid mem access 'inv'", [LOAD, '2: (61) r0 = *(u32 *)(r1 +0)'], 'R1 is a number.'],
    ['R1 offset is outside of the packet', [LOAD], 'R1 offset is outside of the packet.'],
    [
      'R1 max value is outside of the allowed memory range',
      [LOAD],
      'The variable part of R1 may be larger than the memory.',
    ],
    ["R1 min value is negative, either use unsigned or 'var &= const'", [LOAD], 'R1 may be negative.'],
    [
      "R3 unbounded memory access, use 'var &= const' or 'if (var < const)'",
      ['2: (61) r3 = *(u32 *)(r1 +0)', '3: (85) call bpf_ringbuf_output#130'],
      'R3 is the size that bpf_ringbuf_output gets.',
    ],
    ['R1 cannot write into rdonly_mem', [LOAD], 'R1 leads to memory of kind rdonly_mem.'],
    ['R0 leaks addr as return value', ['1: (bf) r0 = r1', '2: (95) exit'], 'R0 leaks addr as return value.'],
    ['R1 is not a known constant', [LOAD], 'R1 is not a known constant.'],
    [
      'dereference of modified ctx ptr R1 off=8 disallowed',
      [LOAD],
      'R1 is the context with something added.',
    ],
    ['R3 type=alien', [LOAD], 'R3 type=alien.'],
  ])('%s claims nothing about it', (message, lines, knew) => {
    expect(refusal(message, ...lines)?.knew).toBe(knew);
  });

  it('and where it tells one, that is said', () => {
    const lost = (value: string): string | undefined =>
      refusal(
        "R6 invalid mem access 'scalar'",
        `0: (bf) r6 = r0 ; R0=${value} R6=${value}`,
        '1: (61) r0 = *(u32 *)(r6 +4)',
      )?.knew;
    expect(lost('sock()')).toBe('R6 is sock() no longer: something in between took the pointer away.');
    expect(lost('scalar(id=1)')).toBe('R6 is scalar(id=1): a number.');
  });
});
