// SPDX-License-Identifier: Apache-2.0
import type { Entry } from './explanation';

/** Refused accesses to packets and to what a program is given with them. */
export const packetEntries: readonly Entry[] = [
  {
    id: 'packet-write',
    title: 'The packet is written where it may only be read',
    pattern: /^cannot write into packet/,
    knew: found => `${found.message}.`,
    needed: 'A program type that may change packets in place: tc, XDP, sk_skb, sk_msg or lwt_xmit.',
    fix: 'Copy what you need with bpf_skb_load_bytes(); change packets in a program of another type, such as tc.',
  },
  {
    id: 'packet-to-helper',
    title: 'Packet data is given to a helper that cannot take it',
    pattern: /^helper access to the packet is not allowed/,
    knew: found => `${found.message}.`,
    needed: 'Memory that stays where it is: the stack or a map value.',
    fix: 'Copy the bytes to the stack first, with bpf_skb_load_bytes() or __builtin_memcpy() after a comparison with data_end.',
  },
  {
    id: 'context-variable',
    title: 'The context is accessed at an offset that is not known',
    pattern: /^variable ctx access/,
    knew: found => `${found.message}.`,
    needed: 'A constant offset into the context.',
    fix: 'Choose the field by `if` or `switch`, each with its own access, or copy the fields into an array on the stack first.',
  },
  {
    id: 'context-store',
    title: 'The context is written by an atomic or constant store',
    pattern: /^BPF_\w+ stores into R\d+ (\w+) is not allowed/,
    knew: found => `${found.message}.`,
    needed: 'A plain store of a register.',
    fix: 'Load the field into a variable, change that, and store it: `ctx->field = value;`.',
  },
  {
    id: 'legacy-packet-load',
    title: 'Packet loads of classic BPF are not for this program',
    pattern:
      /^(?:BPF_LD_\[ABS\|IND\] instructions not allowed|at the time of BPF_LD_ABS\|IND R6 != pointer to skb)/,
    knew: found => `${found.message}.`,
    needed: 'A program type with an skb in R6: socket filter, tc or cgroup_skb.',
    fix: 'Use direct packet access (data and data_end) or bpf_skb_load_bytes() instead of load_byte() and its like.',
  },
  {
    id: 'socket-access',
    title: 'The socket has no such field for programs',
    pattern: /^R\d+ invalid (\w*sock\w*) access off=(\d+) size=(\d+)/,
    knew: found =>
      `The access is ${found.groups[2] ?? '?'} bytes wide, at offset ${found.groups[1] ?? '?'} of ${found.groups[0] ?? 'the socket'}.`,
    needed:
      'A field of struct bpf_sock or bpf_tcp_sock, with its own size; a sock_common has the first few only.',
    fix: 'Take bpf_sk_fullsock() or bpf_tcp_sock() first, or bpf_skc_to_tcp_sock() for fields of the kernel’s own struct, and compare the result with NULL.',
  },
  {
    id: 'flow-keys-access',
    title: 'The flow keys have no such field',
    pattern: /^invalid access to flow keys/,
    knew: found => `${found.message}.`,
    needed: 'A field of struct bpf_flow_keys.',
    fix: 'Use the fields by name.',
  },
];
