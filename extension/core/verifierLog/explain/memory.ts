// SPDX-License-Identifier: Apache-2.0
import { type Entry, mayBeNull, pointerIs, registerIs, registerOf } from './explanation';

const MAP_VALUE_OR_NULL = 'a map value, or NULL when the key is not there';

/** Whether an access lies in the 512 bytes (MAX_BPF_STACK) below the frame pointer. */
const isInFrame = (offset: number, size: number): boolean => offset >= -512 && size > 0 && offset + size <= 0;

/** Refused accesses to memory: pointers that may be NULL, and bounds. */
export const memoryEntries: readonly Entry[] = [
  {
    id: 'map-value-or-null',
    title: 'A map value is used before it was compared with NULL',
    pattern: /^R\d+ invalid mem access 'map_value_or_null'/,
    knew: found => pointerIs(found, MAP_VALUE_OR_NULL, `is ${MAP_VALUE_OR_NULL}`),
    needed: 'A pointer that cannot be NULL.',
    fix: 'Compare the result of the look-up with NULL before it is used: `if (!value) return 0;`.',
  },
  {
    id: 'pointer-or-null',
    title: 'A pointer is used before it was compared with NULL',
    pattern: /^R\d+ invalid mem access '(\w+_or_null)'/,
    knew: mayBeNull,
    needed: 'A pointer that cannot be NULL.',
    fix: 'Compare it with NULL on every way to this line, and leave where it is NULL.',
  },
  {
    id: 'not-a-pointer',
    title: 'A number is used as a pointer',
    pattern: /^R\d+ invalid mem access '(?:scalar|inv)'/,
    knew: found =>
      found.value === undefined || /^(?:scalar|inv|-?\d|0x)/.test(found.value)
        ? registerIs(found, ': a number', `${registerOf(found)} is a number`)
        : registerIs(found, ' no longer: something in between took the pointer away'),
    needed: 'A pointer to memory that the program may access.',
    fix:
      'Use a pointer that the verifier can follow (from the context, a map or a helper). After a release, or after a ' +
      'helper that may move the packet, the old pointer is gone: get it anew. Kernel memory is read with ' +
      'bpf_probe_read_kernel() or BPF_CORE_READ().',
  },
  {
    id: 'packet-bounds',
    title: 'Packet or message data is read beyond what was compared with its end',
    pattern: /^(?:R\d+ offset is outside of the packet|invalid access to packet)/,
    knew: found => registerIs(found, '; "r=" is how many bytes were compared with data_end'),
    needed: 'A comparison with data_end that covers every byte of this access, on every way to this line.',
    fix: 'Before the access: `if ((void *)(pointer + 1) > data_end) return …;`, with data_end read from the context, and as large an offset as is accessed below.',
  },
  {
    id: 'map-value-bounds',
    title: 'The offset into a map value, buffer or stack array may be too large',
    pattern: /^R\d+ (?:unbounded memory access, make sure|max value is outside of the allowed memory range)/,
    knew: found =>
      registerIs(
        found,
        ': its variable part may be larger than the memory',
        `The variable part of ${registerOf(found)} may be larger than the memory`,
      ),
    needed: 'A greatest offset that lies inside the memory.',
    fix: 'Bound the index right before its use: `if (index >= sizeof(array)) return 0;`, or mask it with `index &= SIZE - 1` where SIZE is a power of two.',
  },
  {
    id: 'map-value-out-of-bounds',
    title: 'The access lies outside of the map value',
    pattern: /^(?:invalid access to map value|invalid access to memory)/,
    knew: found => `${found.message}.`,
    needed: 'An access that lies wholly inside the value.',
    fix: 'Compare the offset and the size of the access with value_size of the map; the type of the pointer may be larger than the value.',
  },
  {
    id: 'min-value-negative',
    title: 'The offset or size may be negative',
    pattern: /^R\d+ min value is negative/,
    knew: found =>
      registerIs(
        found,
        ': its smallest value is below what is allowed',
        `${registerOf(found)} may be negative`,
      ),
    needed: 'A value that is never negative.',
    fix: 'Make the variable unsigned, or leave when it is below 0, before it is added to the pointer or given to the helper.',
  },
  {
    id: 'stack-variable-offset',
    title: 'The stack is accessed at an offset that is not known',
    pattern: /^(?:invalid unbounded variable-offset|invalid variable-offset|variable stack access)/,
    knew: found => `${found.message}: a place on the stack that depends on a variable.`,
    needed: 'An index whose smallest and greatest value lie inside the array.',
    fix: 'Bound the index before its use: `if (index >= sizeof(buffer)) return 0;`.',
  },
  {
    id: 'stack-uninitialised',
    title: 'Stack bytes are read that were never written',
    // From 5.12 to 6.2 this form tells also of bytes that lie in the frame, but below all that was written.
    pattern:
      /^invalid (?:(?:indirect )?read from|indirect access to) stack(?: R\d+ off=(-?\d+) size=(-?\d+))?/,
    when: ({ groups: [offset, size] }) => offset === undefined || isInFrame(Number(offset), Number(size)),
    knew: found => `${found.message}: on some way to this line nothing was stored there.`,
    needed: 'Every byte that is read, or that a helper reads, to have been written.',
    fix: 'Initialise the variable where it is declared: `struct key key = {};`. For structs with padding use __builtin_memset(), since an initialiser need not write the padding.',
  },
  {
    id: 'stack-out-of-range',
    title: 'The access lies outside of the stack frame',
    pattern: /^invalid (?:stack |(?:write to|read from|indirect access to) stack R\d+ off=)/,
    knew: found => `${found.message}.`,
    needed: 'Bytes that all lie from -512 to -1 of the frame pointer.',
    fix: 'Check the index, and that no more bytes are accessed than sizeof() the variable, also by a helper; move what is large into a per-CPU array map.',
  },
  {
    id: 'context-access',
    title: 'The context has no such field for this program, or it is read-only',
    pattern: /^invalid bpf_context access off=(\d+) size=(\d+)/,
    knew: found =>
      `The access is ${found.groups[1] ?? '?'} bytes wide, at offset ${found.groups[0] ?? '?'} of the context: ${found.insn?.text ?? 'see the instruction'}.`,
    needed:
      'A field of the context structure that this program type may read, or write, at this attach type, with its own size.',
    fix: 'Use a field by its name and type. Most fields are read-only; those that may be written are listed at the program type in the kernel documentation.',
  },
  {
    id: 'context-modified',
    title: 'The context pointer was changed before it was used',
    pattern: /^dereference of modified ctx ptr (R\d+)?/,
    knew: found => `${found.groups[0] ?? 'The pointer'} is the context with something added.`,
    needed: 'The context pointer itself, with a constant offset in the instruction.',
    fix: 'Do not take addresses of context fields or index into them with a variable; copy the field into a local variable.',
  },
  {
    id: 'map-read-only',
    title: 'A map is written that programs may only read',
    pattern: /^write into map forbidden/,
    knew: found => `${found.message}.`,
    needed: 'A map without BPF_F_RDONLY_PROG; constants (.rodata) are frozen.',
    fix: 'Write to another map, or declare this one without BPF_F_RDONLY_PROG; a `const volatile` variable cannot be written at run time.',
  },
  {
    id: 'write-read-only',
    title: 'Memory is written that may only be read',
    pattern: /^R\d+ cannot write into (\w+)/,
    knew: found => {
      const memory = `memory of kind ${found.groups[0] ?? 'read-only'}`;
      return registerIs(found, `: ${memory}`, `${registerOf(found)} leads to ${memory}`);
    },
    needed: 'Memory that this program type may write.',
    fix: 'Copy the data to a local variable or a map value and change it there, or use the helper that stores into it.',
  },
  {
    id: 'misaligned',
    title: 'The access is not aligned to its size',
    pattern: /^misaligned (\w+) access off (\S+)/,
    knew: found => `${found.message}.`,
    needed: 'An offset that is a multiple of the size.',
    fix: 'Read smaller pieces, align the structure, or copy it with __builtin_memcpy() first.',
  },
  {
    id: 'map-write-only',
    title: 'A map is read that programs may only write',
    pattern: /^read from map forbidden/,
    knew: found => `${found.message}.`,
    needed: 'A map without BPF_F_WRONLY_PROG.',
    fix: 'Declare the map without BPF_F_WRONLY_PROG, or read it from user space.',
  },
  {
    id: 'map-key-write',
    title: 'The key of a map entry is written',
    pattern: /^write to change key R\d+ not allowed/,
    knew: found => `${found.message}.`,
    needed: 'Keys are only read.',
    fix: 'Delete the entry and insert it under the new key; copy the key to the stack to change the copy.',
  },
  {
    id: 'map-pointer-access',
    title: 'The map itself is accessed as memory',
    pattern: /^only read from (\w+) is supported/,
    knew: found => `${found.message}.`,
    needed: 'Access to entries through the helpers.',
    fix: 'Look the entry up: `bpf_map_lookup_elem(&map, &key)`.',
  },
];
