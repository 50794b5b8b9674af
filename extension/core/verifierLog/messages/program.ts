// SPDX-License-Identifier: Apache-2.0

/** Messages about the program as a whole: type, attach target, BTF, control flow, limits, JIT. See {@link Pattern} for the placeholders. */
export const PROGRAM = `
{r} allocation size exceeds u32 max
{r} arena cannot be combined with any other tags
{r} could not be pushed for speculative verification, {s}
{r} doesn't point to a const string
{r} has invalid combination of tags
{r} has type {s} '{s}', but only struct or primitive types are allowed
{r} has unsupported set of tags
{r} is {w} expected {s}
{r} is allowed only to CAP_PERFMON and CAP_SYS_ADMIN
{r} is expected to be non-NULL
{r} is invalid
{r} is not a const
{r} is not a constant address'
{r} is not a known constant'
{r} is of type {s} but {s} is expected
{r} must be a known constant
{r} must point to kernel BTF
{r} points to insn_array map which cannot be used as const string
{r} points to outside of jump table: [{n},{n}] max_entries {n}
{r} points to percpu_array map which cannot be used as const string
{r} rdonly/rdwr_buf_size exceeds u32 max
{r} should be \`struct {s} *\`
{r} struct doesn't have a name
{r} type doesn't have a name
{r} type is not a struct
{r} type tag fetching failure: {n}
{r} type tag is not supported in static functions
{r} type={s} expected={s}
{r} type={w} expected={s}
{r} unbounded size, use 'var &= const' or 'if (var < const)'
{r} untrusted cannot be combined with any other tags
{w} cannot be used in tracing programs on types with NMI unsafe fields
{w}() is not a global function
{w}() is not modifiable
<invalid CO-RE relocation>
<missing BPF map '{s}'>
addr_space_cast insn can only be used in a program that has an associated arena
addr_space_cast insn can only convert between address space 1 and 0
address of kernel func_id {n} is out of range
arena's user address must be set via map_extra or mmap()
attach to unsupported member {s} of struct {s}
attach_btf_id {n} doesn't have a name
attach_btf_id {n} is invalid
attach_btf_id {n} is not a function
attach_btf_id {n} is not a supported struct
attach_btf_id {n} is not a typedef
attach_btf_id {n} points to disabled hook {s}
attach_btf_id {n} points to wrong type name {s}
Attaching tracing programs to function '{s}' is rejected.
back-edge from insn {n} to {n}
bpf verifier is misconfigured
bpf verifier narrow ctx load misconfigured
BPF_ALU uses reserved fields
BPF_ATOMIC loads from R{n} {s} is not allowed
BPF_ATOMIC stores into R{n} {s} is not allowed
BPF_ATOMIC uses invalid atomic opcode {n}
BPF_END uses reserved fields
BPF_EXIT uses reserved fields
BPF_JA uses reserved fields
BPF_JA|BPF_X uses reserved fields
BPF_JMP/JMP32 uses reserved fields
BPF_LD_[ABS|IND] instructions not allowed for this program type
BPF_LD_[ABS|IND] uses reserved fields
BPF_LD_IMM64 uses reserved fields
BPF_LDX uses reserved fields
BPF_MOV uses reserved fields
BPF_NEG uses reserved fields
BPF_ST stores into R{n} {s} is not allowed
BPF_ST uses reserved fields
bpf_rcu_read_unlock is missing
bpf_struct_ops map cannot be used in prog
BPF_STX uses reserved fields
BPF_XADD stores into R{n} {s} is not allowed
BPF_XADD uses reserved fields
BTF of func_id {n} doesn't point to KIND_FUNC
BTF of func#{n} doesn't point to KIND_FUNC
btf_vmlinux is malformed
btf_vmlinux_value_type_id can only be used with struct_ops maps.
btf_vmlinux_value_type_id is mutually exclusive with btf_key_type_id and btf_value_type_id.
BUG backtracing {s}
BUG backtracking {s}
BUG regs {n}
BUG spi {n}
Can attach to only JITed progs
Cannot extend fentry/fexit
Cannot extend fentry/fexit/fsession
cannot find function {s} in BTF
Cannot nest tracing program attach more than once
Cannot recursively attach
Cannot replace static functions
cannot resolve signing keyring with keyring_id {n}
cannot update sockmap in this context
CAP_BPF and CAP_PERFMON are required to use arena
div by zero
expected {s} or socket
Extension programs should be JITed
failed to find kernel BTF type ID of '{s}': {n}
Failed to properly initialize insn array
failed to resolve CO-RE relocation {s}
fd {n} is not pointing to valid bpf_map
fd {n} is not pointing to valid bpf_map or btf
fd_array has too many entries ({n}, max {n})
fd_array_cnt {n} without fd_array is invalid
fd_array_cnt is too big ({n})
fd_idx {n} is not a map
fd_idx without fd_array is invalid
FENTRY/FEXIT program can only be attached to another program annotated with BTF
field {s} doesn't have size
function name {s}{s} is too long
function signature member has multiple type tags
get_local_storage() doesn't support non-zero flags
Global functions need valid BTF
in-kernel BTF is malformed
indirect jump out of range from insn {n} to {n}
infinite loop detected at insn {n}
insn {n} cannot be patched due to 16-bit range
invalid atomic operand size
Invalid attr.
invalid BPF_ALU opcode {n}
invalid BPF_JMP/JMP32 opcode {n}
invalid BPF_LD mode
invalid BPF_LD_IMM insn
invalid bpf_ld_imm64 insn
Invalid btf_fd.
Invalid btf_value_type_id.
Invalid core_relo[{n}].insn_off:{n} prog->len:{n}
Invalid excl_prog_hash_size.
Invalid format string
Invalid insn code at line_info[{n}].insn_off
invalid insn idx {n} insn_cnt {n}
Invalid line_info[{n}].insn_off:{n} (prev_offset:{n} prog->len:{n})
Invalid line_info[{n}].line_off or .file_name_off
Invalid map_extra.
Invalid map_name.
Invalid map_token_fd.
Invalid map_type.
invalid may_goto imm {n}
invalid module BTF fd specified
invalid module BTF object FD specified.
Invalid numa_node.
invalid shift {n}
Invalid type of function {s}()
JIT does not support fsession
JIT doesn't support arena
JIT is required to use arena
jump into the middle of ldimm64 insn {n}
jump out of range from insn {n} to {n}
kern ctx type id {n} is not a struct
kernel btf_id {n} is not a function
kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.
kernel subsystem misconfigured verifier
kernel subsystem misconfigured{s}
kernel supports at most {n} parameters, function {s} has {n}
last insn is not an exit or jmp
ldimm64 failed to find the address for kernel symbol '{s}'.
ldimm64 insn specifies invalid btf_id {n}.
ldimm64 unable to resolve the size of type '{s}': {n}
LSM programs must have a GPL compatible license
map '{s}' has no valid {s}
map '{s}' has to have BTF in order to use {s}
map type {n} is misconfigured
max struct nesting depth exceeded
missing bpf_line_info for {n} funcs starting from func#{n}
missing bpf_line_info for func#{n}
missing btf func_info
nonzero tailing record in core_relo{s}
nonzero tailing record in line_info{s}
offload device mismatch between prog and map
Only FENTRY/FEXIT progs are attachable to another BPF prog
Only FENTRY/FEXIT/FSESSION progs are attachable to another BPF prog
Only one arena per program
only one cgroup storage of each type is allowed
perf_event programs can only use preallocated hash map
Please fix kernel include/linux/bpf_types.h
Program extension requires BTF
program requires BPF JIT compiler but it is not available
program's hash doesn't match map's excl_prog_hash
pseudo btf_id {n} in ldimm64 isn't KIND_VAR or KIND_FUNC
pseudo btf_id {n} in ldimm64 isn't KIND_VAR.
REG INVARIANTS VIOLATION ({s}): {s}
reserved field (insn[1].imm) is used in pseudo_btf_id ldimm64 insn.
ret type {s} not allowed for fmod_ret
sign extending loads from arena are not supported yet
signature verification failed: {n}
signed program cannot bind any BTF
signed program cannot bind map '{s}' not covered by the signature
signed program metadata map '{s}' must be an array
signed program metadata map '{s}' must be exclusive
signed program metadata map '{s}' must be frozen
signed program must bind maps via a continuous fd_array (fd_array_cnt)
string is not zero-terminated
struct ops programs must have a GPL compatible license
struct_ops module {s} is not found
The address of function {s} cannot be found
The sequence of {n} jumps is too complex.
the sum of {r} {s}
The total number of btfs per program has reached the limit of {n}
The total number of maps per program has reached the limit of {n}
too many different module BTFs
trace type programs can only use preallocated hash map
trace type programs with run-time allocated hash maps are unsafe. Switch to preallocated hash maps.
Tracing program can only be attached to another program annotated with BTF
Tracing programs must provide btf_id
tracing progs cannot use bpf_{list_head,rb_root} yet
type '{s}' has multiple type tags
Type '{s}' is not a struct
unable to resolve the size of type '{s}': {n}
unexpected __bpf_trap() due to uninitialized variable?
Unknown conditional jump {n}
unknown insn class {n}
unknown opcode {n}
unreachable insn {n}
Unrecognized {s} type {s}
unrecognized bpf_ld_imm64 insn
use static function instead
Verifier bug
Verifier bug in function {s}()
verifier bug{s}
verifier BUG{s}
verifier internal error{s}
visit_insn internal bug
Writes through BTF pointers are not allowed
prog '{s}': BPF program load failed: Argument list too long
libbpf: prog '{s}': BPF program load failed: Argument list too long
`;
