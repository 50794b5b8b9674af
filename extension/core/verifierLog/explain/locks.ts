// SPDX-License-Identifier: Apache-2.0
import type { Entry } from './explanation';

/** Refused use of spin locks, timers and other special fields of map values. */
export const lockEntries: readonly Entry[] = [
  {
    id: 'lock-held-at-end',
    title: 'The program ends while it holds a spin lock',
    pattern: /(?:cannot be used inside bpf_spin_lock-ed region|^bpf_spin_unlock is missing)/,
    knew: found => `${found.message}.`,
    needed: 'bpf_spin_unlock() on every way.',
    fix: 'Unlock before each `return`; keep what lies between lock and unlock short and without branches that leave.',
  },
  {
    id: 'call-under-lock',
    title: 'A function is called while a spin lock is held',
    pattern:
      /^(?:function calls are not allowed while holding a lock|helper call is not allowed while holding|calls are not allowed while holding)/,
    knew: found => `${found.message}.`,
    needed: 'No calls between bpf_spin_lock() and bpf_spin_unlock().',
    fix: 'Call the helper before the lock is taken, and use its result inside.',
  },
  {
    id: 'unlock-unlocked',
    title: 'A spin lock is released that is not held',
    pattern: /^bpf_spin_unlock without taking a lock/,
    knew: found => `${found.message}.`,
    needed: 'bpf_spin_lock() before, on every way to this line.',
    fix: 'Lock and unlock in the same branch.',
  },
  {
    id: 'unlock-other',
    title: 'Another spin lock is released than the one that is held',
    pattern: /^bpf_spin_unlock of different lock/,
    knew: found => `${found.message}.`,
    needed: 'The same lock: of the value from the same look-up.',
    fix: 'Keep the pointer from one look-up, and use it for both calls.',
  },
  {
    id: 'lock-missing',
    title: 'The map value has no such lock',
    pattern: /^map \'(\S+)\' has no valid (\w+)/,
    knew: found => `${found.message}.`,
    needed: 'A value with the field, and BTF for the map.',
    fix: 'Declare the map’s value type with __type(value, struct …), with the field `struct bpf_spin_lock lock;` in it.',
  },
  {
    id: 'special-field-place',
    title: 'The pointer does not lead to the special field',
    pattern: /^off \d+ doesn't point to 'struct (\w+)' that is at (\d+)/,
    knew: found => `${found.message}.`,
    needed: 'The address of the very field.',
    fix: 'Give the address of the field by its name: `&value->lock`.',
  },
  {
    id: 'special-field-access',
    title: 'A special field is read or written like memory',
    pattern: /^(\w+) cannot be accessed directly by load\/store/,
    knew: found => `${found.message}.`,
    needed: 'Only the helpers that are made for it may touch it.',
    fix: 'Do not copy or clear the whole value: use the fields around it one by one.',
  },
  {
    id: 'timer-map',
    title: 'The timer and the map do not belong together',
    pattern: /^timer pointer in R\d+ map_uid/,
    knew: found => `${found.message}.`,
    needed: 'The map in which the timer’s value lies.',
    fix: 'Give bpf_timer_init() the map that was used for the look-up.',
  },
  {
    id: 'lock-program-type',
    title: 'This type of program cannot use spin locks',
    pattern: /^(?:socket filter|tracing) progs cannot use bpf_spin_lock/,
    knew: found => `${found.message}.`,
    needed: 'A program type that may hold a lock: not socket filters or, before Linux 6.x, tracing programs.',
    fix: 'Use atomic operations such as __sync_fetch_and_add(), or a per-CPU map.',
  },
];
