// SPDX-License-Identifier: Apache-2.0

/** Lines that tools put around a log: libbpf, bpftool, tc, iproute2, cilium/ebpf, bpftrace. See {@link Pattern}. */
export const TOOLS = `
libbpf: {s}
-- BEGIN PROG LOAD LOG --
-- END PROG LOAD LOG --
-- BEGIN BTF LOAD LOG ---
-- END BTF LOAD LOG --
Error: {s}
ERROR: {s}
WARNING: {s}
Warning: {s}
If it used to work for this object file but now doesn't, see {s}
HINT: {s}
Kernel error log:{s}
Verifier error:{s}
Verifier analysis:{s}
Verifier log:{s}
verifier log:{s}
load program: {s}
program {w}: load program: {s}
field {w}: program {w}: load program: {s}
loading program {s}
{w} load program: {s}
BPF program load failed: {s}
prog '{s}': {s}
failed to load object '{s}'
bpf: Failed to load program{s}
Error loading BPF program{s}
Error fetching program/map!
Unable to load program
Failed to load program{s}
Prog section '{s}' {w} ({n}): {s}!
Prog section '{s}' {w}: {s} ({n})!
 - Type: {s}
 - Instructions: {s}
 - License: {s}
- Type:{s}
- Attach Type:{s}
- Instructions:{s}
- License:{s}
Skipped {n} bytes, use 'verb' option for the full verbose log.
[...]
...
Attaching {n} probe{s}
Attached {n} probe{s}
level={w} msg={s}
time={w} level={w} msg={s}
PROCESSING {s}
VERIFIER LOG{s}
===={s}
----{s}
File '{s}'
File "{s}"
({n} line omitted)
({n} lines omitted)
({n} line(s) omitted)
`;
