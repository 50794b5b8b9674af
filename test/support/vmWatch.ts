// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, inject } from 'vitest';
import { runOn } from './machine';
import { vmMachine } from './vmMachine';

/** What a kernel writes when it met a mistake of its own or was led to one. */
const COMPLAINT =
  /BUG:|WARNING:|Oops|Call Trace|refcount_t|general protection|unregister_netdevice|blocked for more/;

/* For each test file on a virtual machine: its kernel has nothing to complain about. */
afterAll(async () => {
  const vm = inject('vm');
  if (vm === undefined) throw new Error('This project has no virtual machine.');
  const said = await runOn(vmMachine(vm), 'dmesg', '-c');
  expect(said.split('\n').filter(line => COMPLAINT.test(line))).toEqual([]);
});
