// SPDX-License-Identifier: Apache-2.0

/** Messages about calls: helpers, kfuncs, subprograms, callbacks and their arguments. See {@link Pattern} for the placeholders. */
export const CALLS = `
{r} arena pointer cannot be a stack argument
{r} cannot be accessed indirectly by helper
{r} doesn't have constant offset. bpf_timer has to be at the constant offset
{r} doesn't have constant offset. kptr has to be at the constant offset
{r} expected for bpf_obj_drop_impl()
{r} expected for bpf_obj_drop()
{r} expected for bpf_percpu_obj_drop_impl()
{r} expected for bpf_percpu_obj_drop()
{r} expected pointer to an iterator on stack
{r} expected pointer to stack or const struct bpf_dynptr
{r} has no valid kptr
{r} memory size {n} is too large
{r} pointer in {w} map_uid={n} doesn't match map pointer in {w} map_uid={n}
{r} prog->aux cannot be a stack argument
{w} programs cannot attach to exception callback
{w}: too many iterations
{w}() has {n} args while {s}() has {n} args
<missing kfunc '{s}'>
2 or more rdonly/rdwr_buf_size parameters for kfunc{s}
adding tail call poke descriptor failed
address of kernel function {s} is out of range
arena argument of {s} requires a program with an associated arena
arg{n} {s}(struct {s} *) doesn't match {s}(struct {s} *)
arg{n} expected pointer to func
arg{n} in {s}() has size {n} while {s}() has {n}
arg{n} in {s}() has unrecognized type
arg{n} in {s}() is {s} while {s}() has {s}
arg{n} in {s}() is not a pointer to context
arg#{n} arg#{n} memory, len pair leads to invalid memory access
Arg#{n} type {s} in {s}() is not supported yet.
arg#0 BTF type must be a double pointer
arg#0 expected pointer to map value
arg#0 must have constant offset
arg#1 offset={n}, but expected {s} at offset={n} in struct {s}
At async callback the register R0 has {s}
At callback return the register R0 has {s}
At subprogram exit the register R{n} is not a scalar value ({s})
At subprogram exit the register R0 has {s}
At subprogram exit the register R0 is not a scalar value ({s})
Attach to function {s} with a >8 byte return value is not supported for this attach type
Attaching fexit/fmod_ret to __noreturn functions is rejected.
Attaching fexit/fsession/fmod_ret to __noreturn function '{s}' is rejected.
BPF program is too large. Processed {n} insn
BPF_CALL uses reserved fields
BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!
bpf_obj_new/bpf_percpu_obj_new requires prog BTF
bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct
bpf_percpu_obj_new type ID argument must be of a struct of scalars
bpf_percpu_obj_new type ID argument must not contain special fields
bpf_percpu_obj_new type size ({n}) is greater than {n}
BPF_ST imm must be 0 when storing to kptr at off={n}
bpf_task_work pointer in R2 map_uid={n} doesn't match map pointer in R3 map_uid={n}
bpf_throw kfunc (insn {n}) cannot be called from callback subprog {n}
bpf_timer cannot be accessed directly by load/store
BTF fd for kfunc is not a module BTF
BUG subprog {s}
bug: bad parent state for iter next call{s}
BUG: in callback at {s}
BUG: in callback at {n}, callsite {n} !calls_callback
call to invalid destination
callback function cannot be the main program
callback function not allowed for map
callback function not static
callbacks are not allowed in non-JITed programs
callee expects {n} args, stack arg{n} is not initialized
Caller passes invalid args into func#{n}
Caller passes invalid args into func#{n} ('{s}')
calling kernel function {s} is not allowed
calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF
calling kernel functions are not allowed in non-JITed programs
can't modify return codes of BPF programs
Cannot attach to a target with arena context arguments
cannot call GPL-restricted function from non-GPL compatible program
cannot call kernel function from non-GPL compatible program
cannot find address for kernel function {s}
cannot pass in dynptr at an offset
cannot pass map_type {n} into func {s}#{n}
cannot pass pointer to const bpf_dynptr, the helper mutates it
Cannot replace kernel functions
cannot return stack pointer to the caller
cannot spill pointers to stack into stack frame of the caller
cannot tail call within callback
cannot tail call within exception cb
cannot use BPF_LD_[ABS|IND] within callback
combined stack size of {n} calls is {n}. Too large
destructive kfunc calls require CAP_SYS_BOOT capabilities
destructive kfunc calls require CAP_SYS_BOOT capability
doesn't match map pointer in {s} map_uid={n}
Dynptr has to be an uninitialized dynptr
exception callback '{s}' could not be found in BTF
exception callback '{s}' must have global linkage
exception callback type id not found in func_info
exception cb cannot return void
exception cb only supports single integer argument
Expected a dynptr of type {s} as {s}
Expected a dynptr of type {s} as arg #{n}
Expected an initialized dynptr as {s}
Expected an initialized dynptr as arg #{n}
expected an initialized iter_{s} as {s}
expected an initialized iter_{s} as arg #{n}
expected prog array map for tail call{s}
expected uninitialized iter_{s} as {s}
expected uninitialized iter_{s} as arg #{n}
expected valid iter pointer as {s}
expected valid iter pointer as arg #{n}
failed to find BTF for kernel function
failed to push state for global subprog exception path
frame{n} bpf_loop iteration limit reached
freplace programs with >{n} args not supported yet
func '{s}' arg{n} '{s}' has type {s}. Only pointer access is allowed
func '{s}' arg{n} has btf_id {n} type {s} '{s}'
func '{s}' arg{n} type {s} has multiple type tags
func '{s}' arg{n} type {s} is not a struct
func '{s}' doesn't have {n}-th argument
func '{s}' offset {n} is not multiple of 8
func '{s}' size {n} must be 8
func {s} has non-overwritten BPF_PTR_POISON return type
func {s}#{n} not supported for program type {n}
func {s}#{n} supported only for fentry/fexit/fmod_ret programs
func {s}#{n} supported only for fentry/fexit/fsession/fmod_ret programs
func_info BTF section doesn't match subprog layout in BPF program
func#{n} writes {n} stack arg slots, but calls only require {n}
Function {s} has {n} > {n} args
Function {s} has {n} > 5 args
function calls to other bpf functions are allowed for CAP_BPF and CAP_SYS_ADMIN
global function {s} has {n} > {n} args, stack args not supported
Global function {s}() doesn't return scalar. Only those are supported.
Global function {s}() return value not void or scalar. Only those are supported.
Global function {s}() with {n} > {n} args. Buggy compiler.
Global function {s}() with {n} > 5 args. Buggy compiler.
helper access to the packet is not allowed
helper call is not allowed in probe
Helper has invalid btf_id in R{n}
Helper has invalid btf/btf_id in R1
In async callback the register R0 has {s}
In async callback the register R0 is not a known value ({s})
In callback the register R0 has {s}
insn {n} cannot call exception cb directly
insn {n} cannot call exception cb directly{s}
invalid arg_type for sockmap/sockhash
invalid btf id for main subprog in func_info
Invalid BTF of func {s}
invalid btf_id for context argument offset {n}
invalid exception callback insn_off in func_info: 0
invalid func {s}#{n}
invalid func info rec size {n}
invalid kernel function btf_id {n}
invalid kernel function call not eliminated in verifier pass
invalid kptr access, R{n} type={s}{s}{s}
invalid map_ptr to access map->key
invalid map_ptr to access map->type
invalid map_ptr to access map->value
invalid read from stack arg off {n} depth {n}
invalid return type {n} of func {s}#{n}
invalid type id {n} in func info{s}
JIT does not support arena arguments
JIT does not support calling kernel function
JIT does not support calling kfunc {s}#{n}
JIT does not support function {s}() with {n} args
JIT does not support kfunc {s}() with {n} args
JIT does not support kfunc {s}() with arena pointer arguments
JIT doesn't support bpf-to-bpf calls
JIT is required for calling kernel function
jump table for insn {n} points outside of the subprog [{n},{n}]
kernel function {s} {s} expected pointer to {s} {s} but {s} has a pointer to {s} {s}
kernel function {s} {s} pointer type {s} {s} is not supported
kernel function {s} args#{n} expected pointer to {s} {s}
kernel function {s} args#{n} expected pointer to {s} {s} but R{n} has a pointer to {s} {s}
kernel function {s} args#{n} pointer type {s} {s} is not supported
kernel function {s} returns pointer type {s} {s} is not supported
kernel function {s} unhandled dynamic return type
kernel function btf_id {n} does not have a valid func_proto
kernel subsystem misconfigured func {s}#{n}
kernel subsystem misconfigured func {s}#{n}: r1 != ctx
kfunc {s} has inconsistent KF_IMPLICIT_ARGS
kfunc {s}#{n} failed callback verification
kfunc bpf_rdonly_cast type ID argument must be of a struct
kfunc bpf_rdonly_cast type ID argument must be of a struct or void
kfunc fd_idx {n} is not a module BTF
kfunc fd_idx {n} out of bounds, fd_array_cnt {n}
kfunc offset > 0 without fd_array is invalid
kptr access cannot have variable offset
kptr access misaligned expected={n} off={n}
kptr access size must be BPF_DW
kptr cannot be accessed indirectly by helper
kptr in map can only be accessed using BPF_LDX/BPF_STX/BPF_ST
kptr in map can only be accessed using BPF_MEM instruction mode
LD_ABS is not allowed in subprogs without BTF
LD_ABS is only allowed in functions that return 'int'.
loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN
local type ID argument must be in range [0, U32_MAX]
map '{s}' doesn't have 'struct bpf_timer'
map '{s}' has more than {n} kptr
map '{s}' has more than one 'struct bpf_timer'
map '{s}' has no valid bpf_timer
map '{s}' has no valid kptr
map '{s}' has repeating kptr BTF tags
map '{s}' has to have BTF in order to use bpf_kptr_xchg
map '{s}' has to have BTF in order to use bpf_timer
map '{s}' is not a struct type or bpf_timer is mangled
map_ptr access not supported for map type {n}
map_ptr access not supported without CONFIG_DEBUG_INFO_BTF
metadata kfuncs can't be offloaded
metadata kfuncs require device-bound program
mixing of tail_calls and bpf-to-bpf calls is not supported
multiple exception callback tags for main subprog
negative offset disallowed for kernel module function call
no jump tables found for subprog starting at {n}
nonzero insn_off {n} for the first func info record{s}
nonzero tailing record in func info{s}
number of funcs in func_info doesn't match number of subprogs
off {n} doesn't point to 'struct bpf_timer' that is at {n}
off {n} doesn't point to 'struct bpf_wq' that is at {n}
off={n} doesn't point to kptr
operation on {s} expects arg#1 {s} at offset={n} in struct {s}, but arg is at offset={n} in struct {s}
Possibly NULL pointer passed to helper {s}
Possibly NULL pointer passed to helper arg{n}
Possibly NULL pointer passed to trusted arg{n}
potential write to dynptr at off={n} disallowed
program of this type cannot use helper {s}#{n}
program with __ref argument cannot tail call
r11 load must be before any r11 store or call insn
recursive call from {s}() to {s}()
reg type unsupported for arg#{n} {s}function {s}#{n}
Return type {s} of {s}() doesn't match type {s} of {s}()
same or smaller insn offset ({n}) than previous func info record ({n}){s}
signed payload too large: {n} bytes
signed program metadata map '{s}' has active writers
stack arg write offset {n} exceeds max {n} stack args
stack args are not supported in non-JITed programs
stack size {n}(extra {n}) is too large
stack size of subprog {n} is {n}. Too large
Subprog {s} doesn't exist
subprog#{n}: analyzing (depth {n})...
tail_call abusing map_ptr
tail_call is not allowed in subprogs without BTF
tail_call is only allowed in functions that return 'int'.
tail_calls are not allowed in non-JITed programs with bpf-to-bpf calls
tail_calls are not allowed in programs with stack args
tail_calls are not allowed when call stack of previous frames is {n} bytes. Too large
Target program bound device mismatch{s}
the call stack of {n} frames is too deep
the call stack of {n} frames is too deep !
The function {s} arg{n} type {s} is unsupported.
The function {s} has {n} arguments. Too many.
The function {s} has malformed void argument.
The function {s} return type {s} is unsupported.
The function {s} with variable args is unsupported.
The sequence of {n} jumps is too complex for async cb.
timer pointer in R1 map_uid={n} doesn't match map pointer in R2 map_uid={n}
too many different kernel function calls
too many subprograms
tracing progs cannot use bpf_timer yet
tracing progs cannot use bpf_wq yet
tracking tail call prog failed
unknown func {s}#{n}
unknown return type {n} of func {s}#{n}
Unknown type ID {n} passed to kfunc bpf_rdonly_cast
Unrecognized arg#{n} type {s}
Unsupported reg type {s} for bpf_dynptr_from_mem data
variable offset stack pointer cannot be passed into helper function; var_off={s} off={n} size={n}
workqueue pointer in R1 map_uid={n} doesn't match map pointer in R2 map_uid={n}
`;
