// SPDX-License-Identifier: Apache-2.0

/** Lines that tell about the run and refuse nothing. See {@link Pattern} for the placeholders. */
export const NOTES = `
BUG_{w}
Cannot find btf of tracepoint template, fall back to {s}{s}.
CO-RE relocating {s} {s}: found target candidate [{n}]
Func#{n} ('{s}') is global and assumed valid.
Func#{n} ('{s}') is safe for any args that match its prototype
Func#{n} is global and valid. Skipping.
Func#{n} is safe for any args that match its prototype
insn state internal bug
cur state:{s}
old state:{s}
mark_reg_known_zero(regs, {n})
mark_reg_not_init(regs, {n})
mark_reg_unknown(regs, {n})
Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!
relo #{n}: bad type id {n}
signature verification passed
subprog {n} ({s}) {s} insns_self {n} insns_total {n} stack {n}
target candidate search failed for {n}
topo_order[{n}] = {s}
`;
