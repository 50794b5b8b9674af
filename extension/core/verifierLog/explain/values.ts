// SPDX-License-Identifier: Apache-2.0
import { type Entry, mayBeNull, registerIs, registerOf } from './explanation';

const calls = (text: string | undefined): string => /call (\w+)/.exec(text ?? '')?.[1] ?? 'The helper';

/** Refused values: registers, arguments of helpers, results, references. */
export const valueEntries: readonly Entry[] = [
  {
    id: 'exit-uninitialised',
    title: 'The program ends without a result',
    pattern: /^R0 !read_ok/,
    when: ({ insn }) => insn?.kind === 'exit',
    knew: 'R0, the result, was not written on this way.',
    needed: 'A result on every way to the end.',
    fix: 'Add the missing `return`.',
  },
  {
    id: 'uninitialised-register',
    title: 'A variable is used that has no value on some way to this line',
    pattern: /^R\d+ !read_ok/,
    knew: found =>
      `${found.register ?? 'The register'} was not written on this way, or a call has destroyed it (R1 to R5).`,
    needed: 'A value on every way to this line.',
    fix: 'Initialise the variable where it is declared; give every branch of the function a `return`.',
  },
  {
    id: 'exit-value',
    title: 'The program returns a value that its type does not allow',
    pattern: /^(?:At (?:the )?program exit the register R0 has|R0 .*should have been in)/,
    knew: found => `${found.message}.`,
    needed: found => {
      const range = /should have been in (.+)$/.exec(found.message)?.[1];
      return range === undefined ? 'A value that is allowed.' : `A result in ${range}.`;
    },
    fix: 'Return a constant of the program type (such as SK_PASS or 1) on every way; do not pass on the result of a helper.',
  },
  {
    id: 'unreleased-reference',
    title: 'Something that was acquired is not released on this way',
    pattern: /^Unreleased reference id=(\d+) alloc_insn=(\d+)/,
    knew: found =>
      `Instruction ${found.groups[1] ?? '?'}${found.origin === undefined ? '' : ` (${calls(found.origin.text)})`} acquired it, and the program ends while it is held.`,
    needed: 'A release on every way from there to the end, also where an error is handled.',
    fix: 'Call the counterpart before every `return`: bpf_sk_release() for sockets, bpf_ringbuf_submit() or bpf_ringbuf_discard() for records.',
  },
  {
    id: 'reference-not-acquired',
    title: 'Something is released that is not held',
    pattern:
      /^(?:release .*not|.*reference has not been acquired before|R\d+ must be referenced when passed|arg \d+ is an unacquired reference)/i,
    knew: found => registerIs(found, ': no reference goes with it'),
    needed: 'The pointer that the acquiring helper returned, unchanged and not yet released.',
    fix: 'Release each reference once, with the very pointer that was returned and after it was compared with NULL.',
  },
  {
    id: 'helper-not-allowed',
    title: 'This type of program cannot call that helper',
    pattern: /^(?:program of this type cannot use helper|unknown func) (\S+)/,
    knew: found => `The program calls ${found.groups[0] ?? 'a helper'}.`,
    needed: 'A helper that this kernel offers to this program type.',
    fix: 'Look the helper up in the kernel documentation: it names the program types and the first kernel version. Helpers that are GPL only also need a license such as "Dual BSD/GPL".',
  },
  {
    id: 'helper-gpl',
    title: 'The helper is for programs with a GPL compatible license only',
    pattern: /^cannot call GPL-restricted function/,
    knew: 'The license of the program is not GPL compatible.',
    needed: 'A GPL compatible license.',
    fix: 'Declare `char LICENSE[] SEC("license") = "Dual BSD/GPL";`, if that is your license.',
  },
  {
    id: 'argument-or-null',
    title: 'A pointer that may be NULL is given to a helper',
    pattern: /^R\d+ type=(\w+_or_null) expected=/,
    knew: mayBeNull,
    needed: 'A pointer that cannot be NULL.',
    fix: 'Compare it with NULL before the call, and leave when it is.',
  },
  {
    id: 'argument-constant',
    title: 'An argument must be a constant',
    pattern: /^R\d+ is not a known constant/,
    knew: found => registerIs(found),
    needed: 'A number that is the same on every way to the call.',
    fix: 'Give a constant, such as sizeof(struct event); for records of variable size use bpf_ringbuf_output() or a dynptr.',
  },
  {
    id: 'argument-type',
    title: 'An argument is of another type than the helper expects',
    pattern: /^R\d+ type=(\S+) expected=(.+)$/,
    knew: found =>
      `${calls(found.insn?.text)} gets ${found.groups[0] ?? 'something else'} in ${found.register ?? 'this register'}.`,
    needed: found => `${found.groups[1] ?? 'Another type'}.`,
    fix: 'Compare the arguments with the helper’s declaration: their order, & for addresses of variables, and NULL checks that turn a pointer_or_null into a pointer.',
  },
  {
    id: 'argument-size',
    title: 'A size argument may be 0 or too large',
    pattern: /^(?:R\d+ )?(?:invalid zero-sized read|unbounded memory access, use 'var &= const')/,
    knew: found => {
      const size = `the size that ${calls(found.insn?.text)} gets`;
      return registerIs(found, `: ${size}`, `${registerOf(found)} is ${size}`);
    },
    needed: 'A size of at least 1 and at most what the buffer has.',
    fix: 'Bound it just before the call: `if (size < 1 || size > sizeof(buffer)) return 0;`. The compiler may move the comparison away: use the compared variable itself in the call.',
  },
  {
    id: 'map-and-helper',
    title: 'This helper does not work with that type of map',
    pattern: /^(?:cannot pass map_type (\d+) into func (\S+)|callback function not allowed for map)/,
    knew: found => `A map of type ${found.groups[0] ?? '?'} is given to ${found.groups[1] ?? 'the helper'}.`,
    needed: 'A map of a type that the helper is made for.',
    fix: 'Change the type of the map or the helper: a sockhash, for example, is filled by bpf_sock_hash_update() in a sockops program.',
  },
];
