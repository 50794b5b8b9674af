// SPDX-License-Identifier: Apache-2.0

/** Messages about what is held: references, locks, RCU, irq flags, preemption, sleep. See {@link Pattern} for the placeholders. */
export const RESOURCES = `
{n} bpf_preempt_enable is missing
{n} bpf_preempt_enable(s) are missing
{n} bpf_preempt_enable{s} missing
{r} can only take non-owning or refcounted bpf_rb_node pointer
{r} doesn't have constant offset. {s}_lock has to be at the constant offset
{r} doesn't have constant offset. bpf_spin_lock has to be at the constant offset
{r} doesn't point to a type with bpf_refcount field
{r} doesn't point to an irq flag on stack
{r} is neither owning or non-owning ref
{r} is not sleepable
{r} leaks addr as return value
{r} leaks addr into ctx
{r} leaks addr into flow keys
{r} leaks addr into helper function
{r} leaks addr into map
{r} leaks addr into mem
{r} leaks addr into packet
{r} must be a rcu pointer
{r} must be referenced
{r} must be referenced or trusted
{r} must be referenced when passed to release function
{r} must have zero offset when passed to release func
{r} must have zero offset when passed to release func or trusted arg to kfunc
{r} reference type('{s} {s}') {s}
{r} reference type('{s} {s}') candidate matching error: {n}
{r} reference type('{s} {s}') points to kernel module type (unsupported)
{r} reference type('{s} {s}') size cannot be determined: {n}
{s} would lead to reference leak
{w} '{s}' has no valid {s}_lock
{w} '{s}' has no valid bpf_spin_lock
{s} cannot be used inside bpf_local_irq_save-ed region
{s} cannot be used inside bpf_preempt_disable-ed region
{s} cannot be used inside bpf_rcu_read_lock-ed region
{s} cannot be used inside bpf_spin_lock-ed region
{w} not allowed in rbtree cb
{w}_unlock cannot be out of order
{w}_unlock of different lock
{w}_unlock without taking a lock
64-bit load-acquires are only supported on 64-bit arches
64-bit store-releases are only supported on 64-bit arches
acquire kernel function does not return PTR_TO_BTF_ID
Acquiring the same lock again, AA deadlock detected
allocated object must be referenced
arg {n} is an unacquired reference
arg#0 no referenced kptr at map value offset={n}
BPF_LD_[ABS|IND] cannot be mixed with socket references
BPF_LD_[ABS|IND] cannot be used inside bpf_preempt_disable-ed region
BPF_LD_[ABS|IND] cannot be used inside bpf_rcu_read_lock-ed region
BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region
BPF_LSM_CGROUP programs cannot be sleepable
bpf_spin_lock at off={n} must be held for {s}
bpf_spin_lock cannot be accessed directly by load/store
bpf_spin_unlock is missing
bpf_spin_unlock of different lock
bpf_spin_unlock without taking a lock
bpf_throw cannot be used inside bpf_preempt_disable-ed region
bpf_throw cannot be used inside bpf_rcu_read_lock-ed region
bpf_throw cannot be used inside bpf_spin_lock-ed region
bpf_timer cannot be used for PREEMPT_RT.
Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback
can't res_spin_{lock,unlock} in rbtree cb
can't spin_{lock,unlock} in rbtree cb
cannot overwrite referenced dynptr
cannot release unowned const bpf_dynptr
cannot restore irq state out of order, expected id={n} acquired at insn_idx={n}
CONST_PTR_TO_DYNPTR cannot be released
css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs
dereference of modified {s} ptr {s} off={n} disallowed
dereference of modified {s} ptr R{n} off={n} disallowed
dereference of modified ctx ptr R{n} off={n} disallowed
expected an initialized irq flag as {s}
expected an RCU CS when using {s}
expected uninitialized irq flag as {s}
Extension program may sleep, while original does not
Failed to acquire lock state
failed to mark s32 range for retval in forked state for lock
failed to push state for failed lock acquisition
func {s}#{n} reference has not been acquired before
function calls are not allowed while holding a lock
global function calls are not allowed while holding a lock,
global function calls are not allowed with preemption disabled,
held lock and object are not in the same allocation
helper call might sleep in a non-sleepable prog
invalid bpf_context access off={n}. Reference may already be released
irq flag acquired by {s} kfuncs cannot be restored with {s} kfuncs
kernel func {s} is sleepable within {s}
kernel func {s} is sleepable within non-preemptible region
kernel func {s} is sleepable within rcu_read_lock region
kernel func {s} requires RCU critical section protection
kernel function {s} is sleepable but the program is not
kfunc {s}#{n} conversion of owning ref to non-owning failed
kfunc {s}#{n} reference has not been acquired before
leaking pointer from stack off {n}
Leaking reference id={n} alloc_insn={n}. Release it first.
Locking two bpf_spin_locks are not allowed
map '{s}' doesn't have 'struct bpf_spin_lock'
map '{s}' has more than one 'struct bpf_spin_lock'
map '{s}' has to have BTF in order to use {s}_lock
map '{s}' has to have BTF in order to use bpf_spin_lock
map '{s}' is not a struct type or bpf_spin_lock is mangled
nested rcu read lock (kernel function {s})
off {n} doesn't point to 'struct {s}_lock' that is at {n}
off {n} doesn't point to 'struct bpf_spin_lock'
off {n} doesn't point to 'struct bpf_spin_lock' that is at {n}
off={n} kptr isn't referenced kptr
Only fentry/fexit/fmod_ret and lsm programs can be sleepable
Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable
Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable
program must be sleepable to call sleepable kfunc {s}
Program of this type cannot be sleepable
R0 leaks addr as return value
rbtree_remove node input must be non-owning ref
rbtree_remove not allowed in rbtree cb
release helper {s} expects referenced PTR_TO_BTF_ID passed to {s}
release kernel function {s} expects refcounted PTR_TO_BTF_ID
release kfunc {s} expects referenced PTR_TO_BTF_ID passed to {s}
signed program cannot reference a map by fd, only via fd_array index
sleepable global function {s}() called in {s}
sleepable helper {s}#{n} in {s}
sleepable helper {s}#{n} in non-preemptible region
sleepable helper {s}#{n} in rcu_read_lock region
Sleepable program cannot attach to non-faultable tracepoint {s}
Sleepable programs can only use array and hash maps
Sleepable programs can only use array, hash, and ringbuf maps
Sleepable programs can only use array, hash, ringbuf and local storage maps
Sleepable programs can only use preallocated hash maps
sleepable progs cannot use bpf_spin_lock yet
socket filter progs cannot use bpf_spin_lock yet
store to referenced kptr disallowed
Syscall programs can only be sleepable
tail_call cannot be used inside bpf_preempt_disable-ed region
tail_call cannot be used inside bpf_rcu_read_lock-ed region
tail_call cannot be used inside bpf_spin_lock-ed region
tail_call would lead to reference leak
tracing progs cannot use bpf_spin_lock yet
unmatched attempt to enable preemption (kernel function {s})
unmatched rcu read unlock (kernel function {s})
Unreleased reference id={n} alloc_insn={n}
`;
