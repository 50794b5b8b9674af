// SPDX-License-Identifier: Apache-2.0
import { type Entry, registerIs } from './explanation';

/** Refused arithmetic on pointers, and pointers where only numbers may be. */
export const pointerEntries: readonly Entry[] = [
  {
    id: 'pointer-or-null-arithmetic',
    title: 'Something is added to a pointer that may be NULL',
    pattern: /pointer arithmetic on \w+_or_null prohibited/,
    knew: found => registerIs(found),
    needed: 'A pointer that cannot be NULL.',
    fix: 'Compare the pointer with NULL first, and only then compute with it.',
  },
  {
    id: 'pointer-kind-arithmetic',
    title: 'Something is added to a pointer that must stay as it is',
    pattern: /pointer arithmetic on (\S+) prohibited/,
    knew: found => registerIs(found),
    needed: 'The pointer itself: data_end, maps, sockets and the like cannot be moved.',
    fix: 'Compute with the pointer to the data instead: compare `data + length` with data_end, not `data` with `data_end - length`.',
  },
  {
    id: 'pointer-operator',
    title: 'A pointer goes through an operator that loses track of it',
    pattern: /^R\d+ (?:bitwise operator|32-bit pointer arithmetic|pointer arithmetic with \S+ operator)/,
    knew: found => `${found.message}.`,
    needed: 'Only 64-bit addition and subtraction of bounded numbers.',
    fix: 'Do the alignment, mask or multiplication on an integer offset and add that to the pointer last. Casting a pointer to a 32-bit type has the same effect: use unsigned long.',
  },
  {
    id: 'pointer-pair',
    title: 'Two pointers are added, or one is taken from a number',
    pattern: /^R\d+ (?:pointer \S+ pointer prohibited|tried to subtract pointer from scalar)/,
    knew: found => `${found.message}.`,
    needed: 'A pointer with a number added or taken away.',
    fix: 'Keep one of the two as an integer offset. The difference of two packet pointers is a number; other differences are not.',
  },
  {
    id: 'pointer-offset-bounds',
    title: 'The number that is added to a pointer is too large or has no bounds',
    pattern: /^(?:value \S+ makes \w+ pointer be out of bounds|math between \w+ pointer and)/,
    knew: found => `${found.message}.`,
    needed: 'A number whose smallest and greatest value are known and below 2^29.',
    fix: 'Bound the number before the addition: make it unsigned, and leave when it is above what the memory holds.',
  },
  {
    id: 'pointers-mixed',
    title: 'One instruction would access memory of different kinds',
    pattern: /^same insn cannot be used with different pointers/,
    knew: found => `${found.message}.`,
    needed: 'The same kind of pointer on every way to this instruction.',
    fix: 'The compiler has merged two accesses: put barrier_var(pointer) (or `asm volatile("" : "+r"(pointer))`) into one of the branches, or do the access in each.',
  },
  {
    id: 'pointer-arithmetic',
    title: 'Pointers are compared or computed with, which this loader may not do',
    pattern:
      /^(?:R\d+ pointer (?:arithmetic|comparison)|R\d+ .*pointer arithmetic|R\d+ tried to|value .* makes .*pointer)/,
    knew: found => `${found.message}.`,
    needed:
      'Without CAP_PERFMON a pointer is compared with NULL only, a packet pointer with the packet’s end, and only a bounded number is added.',
    fix: 'Compare the offsets instead of the pointers; compute an offset in an integer, bound it, and add it last. Or load with CAP_PERFMON.',
  },
  {
    id: 'pointer-leak',
    title: 'A kernel address would get out of the program',
    pattern: /^(?:R\d+ leaks addr|leaking pointer)/,
    knew: found => registerIs(found, ': an address'),
    needed: 'No address in a map, a packet or the result, unless the loader has CAP_PERFMON.',
    fix: 'Store the value that the pointer leads to, or load with more capabilities.',
  },
  {
    id: 'pointer-spill',
    title: 'A part of a pointer is stored or loaded',
    pattern:
      /^(?:invalid size of register (?:spill|fill)|attempt to corrupt spilled pointer|corrupted spill)/,
    knew: found => `${found.message}.`,
    needed: 'All 8 bytes of a pointer at once.',
    fix: 'Keep the pointer in a variable of pointer type; do not overwrite or copy it in pieces.',
  },
  {
    id: 'frame-pointer',
    title: 'The frame pointer is changed',
    pattern: /^frame pointer is read only/,
    knew: found => `${found.message}.`,
    needed: 'R10 as it is.',
    fix: 'Copy R10 to another register and change that.',
  },
  {
    id: 'stack-returned',
    title: 'A function returns the address of a local variable',
    pattern: /^cannot return stack pointer to the caller/,
    knew: found => `${found.message}.`,
    needed: 'A result that outlives the function.',
    fix: 'Let the caller pass a pointer to its own variable, or return the value.',
  },
  {
    id: 'kernel-memory-write',
    title: 'Kernel memory is written',
    pattern: /^only read is supported/,
    knew: found => `${found.message}.`,
    needed: 'Reading only: this structure belongs to the kernel.',
    fix: 'Use the helper or kfunc that changes it, such as bpf_setsockopt() for a socket.',
  },
  {
    id: 'kernel-memory-bounds',
    title: 'The access lies outside of the kernel’s structure or field',
    pattern: /^access beyond (?:struct|the end of member) ?(\S+)/,
    knew: found => `${found.message}.`,
    needed: 'One field, with its own offset and size.',
    fix: 'Use the field by name from vmlinux.h with preserve_access_index, one field at a time.',
  },
];
