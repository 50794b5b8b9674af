// SPDX-License-Identifier: Apache-2.0

/** Lines that tools put around a log: libbpf, bpftool, tc, iproute2, cilium/ebpf, bpftrace. See {@link Pattern}. */
export const TOOLS = `
libbpf: {*}
-- BEGIN PROG LOAD LOG --
-- END PROG LOAD LOG --
-- BEGIN BTF LOAD LOG ---
-- END BTF LOAD LOG --
Error: {s}
ERROR: {s}
WARNING: {s}
Warning: {s}
HINT: {s}
Kernel error log:{*}
Verifier error:{*}
Verifier analysis:{*}
Verifier log:{*}
verifier log:{*}
load program: {s}
program {w}: load program: {s}
field {w}: program {w}: load program: {s}
loading program {s}
{w} load program: {s}
BPF program load failed: {s}
bpf: Failed to load program{*}
Error loading BPF program{*}
Error fetching program/map!
Unable to load program
Failed to load program{*}
Prog section '{s}' {w} ({n}): {s}!
Prog section '{s}' {w}: {s} ({n})!
 - Type: {s}
 - Instructions: {s}
 - License: {s}
- Type:{*}
- Attach Type:{*}
- Instructions:{*}
- License:{*}
Skipped {n} bytes, use 'verb' option for the full verbose log.
[...]
...
Attaching {n} probe{*}
Attached {n} probe{*}
level={w} msg={s}
time={w} level={w} msg={s}
PROCESSING {s}
VERIFIER LOG{*}
===={*}
----{*}
File '{s}'
File "{s}"
({n} line omitted)
({n} lines omitted)
({n} line(s) omitted)
`;
