// SPDX-License-Identifier: Apache-2.0
import { type Entry, registerIs } from './explanation';

/** Refused calls: of helpers, of functions of the program, and tail calls. */
export const callEntries: readonly Entry[] = [
  {
    id: 'sockmap-update',
    title: 'This program cannot change a sockmap',
    pattern: /^cannot update sockmap in this context/,
    knew: found => `${found.message}.`,
    needed:
      'A program that may: sockops, sk_skb, socket filter, tc, XDP, sk_reuseport, flow dissector or a tracing iterator.',
    fix: 'Fill the map from sockops with bpf_sock_hash_update() or bpf_sock_map_update(), or from user space; a closed socket leaves it by itself.',
  },
  {
    id: 'release-offset',
    title: 'A changed pointer is released',
    pattern: /^R\d+ must have zero offset when passed to release/,
    knew: found => registerIs(found),
    needed: 'The pointer that the acquiring helper returned.',
    fix: 'Keep the returned pointer in a variable of its own, and release that.',
  },
  {
    id: 'format-string',
    title: 'The format string is not understood',
    pattern: /^(?:Invalid format string|invalid func .*format)/i,
    knew: found => `${found.message}.`,
    needed: 'Conversions that BPF knows: %d %i %u %x %l %ll %p %pK %ps %pS %pB %pI4 %pI6 %s %c.',
    fix: 'Correct the format string.',
  },
  {
    id: 'tail-call-map',
    title: 'The tail call is given another map than a program array',
    pattern: /^expected prog array map for tail call/,
    knew: found => `${found.message}.`,
    needed: 'A map of type BPF_MAP_TYPE_PROG_ARRAY.',
    fix: 'Declare the map with __uint(type, BPF_MAP_TYPE_PROG_ARRAY).',
  },
  {
    id: 'tail-call-function',
    title: 'A function with a tail call does not return int',
    pattern: /^tail_call is only allowed in functions that return 'int'/,
    knew: found => `${found.message}.`,
    needed: 'A result of type int: the program that is called leaves its own there.',
    fix: 'Let the function return int.',
  },
  {
    id: 'tail-call-stack',
    title: 'The stack is too full for a tail call in a function',
    pattern: /^tail_calls are not allowed when call stack of previous frames is (\d+) bytes/,
    knew: found => `${found.message}.`,
    needed: 'At most 256 bytes of stack in the callers of a function with a tail call.',
    fix: 'Move large local variables into a per-CPU array map, or do the tail call in the main function.',
  },
  {
    id: 'storage-flags',
    title: 'Cgroup storage is asked for with flags',
    pattern: /^get_local_storage\(\) doesn't support non-zero flags/,
    knew: found => `${found.message}.`,
    needed: '0 as flags.',
    fix: 'Call bpf_get_local_storage(&map, 0).',
  },
  {
    id: 'helper-unknown',
    title: 'There is no helper of that number on this kernel',
    pattern: /^invalid func (?:unknown)?#?(\d+|\S+)/,
    knew: found => `${found.message}.`,
    needed: 'A helper that this kernel has.',
    fix: 'The helper is newer than the kernel, or the call was removed by libbpf for a feature that is not there: ask with bpf_core_enum_value_exists(enum bpf_func_id, …) first.',
  },
  {
    id: 'global-function-result',
    title: 'A global function returns something else than a number',
    pattern: /^Global function (\S+) doesn't return scalar/,
    knew: found => `${found.message}.`,
    needed: 'A scalar result.',
    fix: 'Return an int, or make the function static: then it is verified where it is called.',
  },
  {
    id: 'global-function-argument',
    title: 'A global function is called with other arguments than it declares',
    pattern: /^Caller passes invalid args into func#(\d+)/,
    knew: found => `${found.message}.`,
    needed:
      'Arguments of the declared types: a global function is verified by itself, with nothing known but these.',
    fix: 'Pass the context as it is, numbers, or pointers to structs of known size; or make the function static.',
  },
  {
    id: 'callback-result',
    title: 'A callback returns a value that is not allowed',
    pattern: /^At (?:async )?callback return the register R0/,
    knew: found => `${found.message}.`,
    needed: found => `A result in ${/should have been in (.+)$/.exec(found.message)?.[1] ?? '[0, 1]'}.`,
    fix: 'Return 0 to go on and 1 to stop; callbacks of timers return 0.',
  },
];
