// SPDX-License-Identifier: Apache-2.0
import type { Entry } from './explanation';

/** Refused ways through a program: loops, size, calls, and what never reached the verifier's walk. */
export const flowEntries: readonly Entry[] = [
  {
    id: 'infinite-loop',
    title: 'A loop comes back to a state in which it was before',
    pattern: /^infinite loop detected at insn (\d+)/,
    knew: found => `At instruction ${found.groups[0] ?? '?'} nothing had changed since the last round.`,
    needed: 'A counter that the verifier can follow to an end.',
    fix: 'Give the loop a constant bound: `for (int i = 0; i < 64; i++)`, with the other condition as a `break`; or use bpf_loop() (5.17) or open-coded iterators (6.4).',
  },
  {
    id: 'back-edge',
    title: 'The program jumps backwards',
    pattern: /^back-edge from insn (\d+) to (\d+)/,
    knew: found => `Instruction ${found.groups[0] ?? '?'} jumps back to ${found.groups[1] ?? '?'}.`,
    needed: 'No loop: this kernel, or this caller’s capabilities, allow none.',
    fix: 'Unroll the loop (`#pragma unroll`), or load with CAP_BPF on Linux 5.3 or newer.',
  },
  {
    id: 'too-complex',
    title: 'The program has more ways than the verifier follows',
    pattern: /^(?:The sequence of \d+ jumps is too complex|BPF program is too large\. Processed \d+ insn)/,
    knew: found => `${found.message}.`,
    needed: 'At most 1,000,000 instructions walked, and 8192 branches waiting.',
    fix: 'Look for the source line with the most visits: fewer branches in loops, smaller bounds, static __noinline or global functions (verified once), or bpf_loop(), which is walked once.',
  },
  {
    id: 'program-too-large',
    title: 'The program has too many instructions',
    pattern: /^(?:BPF program is too large|BPF program too large)/,
    knew: found => `${found.message}.`,
    needed: 'A program within the kernel’s limit.',
    fix: 'Split it by tail calls, or take out what is unrolled.',
  },
  {
    id: 'stack-too-large',
    title: 'The functions together use more than 512 bytes of stack',
    pattern: /^combined stack size of (\d+) calls is (\d+)/,
    knew: found => `${found.groups[0] ?? 'The'} calls in a row use ${found.groups[1] ?? 'too many'} bytes.`,
    needed: 'At most 512 bytes along every chain of calls.',
    fix: 'Move large local variables into a per-CPU array map, or pass pointers instead of copies.',
  },
  {
    id: 'call-depth',
    title: 'Functions call each other too deeply',
    pattern: /^the call stack of (\d+) frames is too deep/,
    knew: found => `${found.groups[0] ?? 'Too many'} frames.`,
    needed: 'At most 8 frames.',
    fix: 'Inline some of the functions (`static __always_inline`).',
  },
  {
    id: 'unreachable',
    title: 'Some instructions can never be reached',
    pattern: /^unreachable insn (\d+)/,
    knew: found => `No way leads to instruction ${found.groups[0] ?? '?'}.`,
    needed: 'Every instruction to be reachable.',
    fix: 'Remove the dead code; look for a function without `return`, or hand-written assembly.',
  },
  {
    id: 'core-relocation',
    title: 'A field, type or enum value is not there on this kernel',
    pattern: /^(?:<invalid CO-RE relocation>|failed to resolve CO-RE relocation)(.*)/,
    knew: found => `${found.message}.`,
    needed: 'What the program names to exist in the BTF of the running kernel, with the same kind of type.',
    fix: 'Ask first with bpf_core_field_exists(), bpf_core_type_exists() or bpf_core_enum_value_exists(), or declare the field under the name and type that this kernel has (`struct name___old`).',
  },
];
