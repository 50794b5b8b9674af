// SPDX-License-Identifier: Apache-2.0

/** Messages about reads and writes: bounds, alignment, stack, packet, pointer arithmetic. See {@link Pattern} for the placeholders. */
export const MEMORY = `
'struct {s}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN
{r} !read_ok
{r} 32-bit pointer arithmetic prohibited
{r} access cannot have variable offset
{r} access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN
{r} access misaligned expected={n} off={n}
{r} access size must be BPF_DW
{r} arena pointer requires a program with an associated arena
{r} bitwise operator {s} on pointer prohibited
{r} cannot be accessed directly by load/store
{r} cannot write into {s}
{r} cannot write into ptr_{s} at off={n} size={n}
{r} does not point to a readonly map'
{r} doesn't have constant offset. {s} has to be at the constant offset
{r} doesn't point to a map value
{r} doesn't point to map value or allocated object
{r} expected pointer to allocated object
{r} expected pointer to ctx, but got {s}
{r} expected pointer to func
{r} expected pointer to map value or allocated object
{r} expects pointer to ctx
{r} has non-overwritten BPF_PTR_POISON type
{r} has pointer tag, but is not a pointer type
{r} has pointer with unsupported alu operation, {s}
{r} has to be at a constant offset
{r} has type {s}, expected PTR_TO_INSN
{r} has unknown scalar with mixed signed bounds, {s}
{r} invalid {s} access off={n} size={n}
{r} invalid {s} buffer access: off={n}, size={n}
{r} invalid mem access '{s}'
{r} invalid negative {s} buffer offset: off={n}, var_off={n}
{r} invalid variable buffer offset: off={n}, var_off={s}
{r} invalid variable offset to flow keys: off={n}, var_off={s}
{r} invalid zero-sized read: u64=[{n},{n}]
{r} is {s} invalid negative access: off={n}
{r} is a packet pointer, but func#{n} may change packet data
{r} is a pointer to in-kernel struct with non-zero offset
{r} is not a pointer
{r} is not a pointer to arena or scalar
{r} is not a pointer to arena or scalar.
{r} is not a scalar
{r} is ptr_{s} access percpu memory: off={n}
{r} is ptr_{s} access user memory: off={n}
{r} is ptr_{s} invalid negative access: off={n}
{r} is ptr_{s} invalid variable offset: off={n}, var_off={s}
{r} max value is outside of the allowed memory range
{r} memory, len pair leads to invalid memory access
{r} min value is negative, either use unsigned index or do a if (index >=0) check.
{r} min value is negative, either use unsigned or 'var &= const'
{r} min value is outside of the allowed memory range
{r} not found at offset={n}
{r} offset is outside of the packet
{r} partial copy of pointer
{r} pointer {s} pointer prohibited
{r} pointer arithmetic of map value goes out of range, prohibited for !root
{r} pointer arithmetic on {s} prohibited
{r} pointer arithmetic on {s} prohibited, null-check it first
{r} pointer arithmetic prohibited
{r} pointer arithmetic with {s} operator prohibited
{r} pointer comparison prohibited
{r} pointer offset {n} is not allowed
{r} pointer type {s} {s} must be valid and initialized
{r} pointer type {s} {s} must point to {s}scalar, or struct with scalar
{r} pointer type {s} {s} must point to scalar, or struct with scalar
{r} pointer type {s} {s} must point to void, scalar, or struct with scalar
{r} pointer type {s} {s} not to stack
{r} pointer type {s} {s} points to unsupported dynamic pointer type
{r} should be void pointer
{r} sign-extension part of pointer
{r} stack pointer arithmetic goes out of range, prohibited for !root; off={n}
{r} subtraction from stack pointer prohibited
{r} tried to {s} beyond pointer bounds, {s}
{r} tried to {s} from different maps, paths or scalars, {s}
{r} tried to subtract pointer from scalar
{r} type isn't a pointer
{r} unbounded memory access, make sure to bounds check any such access
{r} unbounded memory access, use 'var &= const' or 'if (var < const)'
{r} variable offset stack access prohibited for !root, var_off={s}
{r} variable stack access prohibited for !root, var_off={s} off={n}
{r}{s} variable offset stack access prohibited for !root, var_off={s}
{w} pointer offset {n} is not allowed
{w} pointer type {s} {s} must point to {s}scalar, or struct with scalar
{w} the register R{n} is not a known value ({s})
{w}() may write into memory pointed by {s} type={s}
{w}() may write into memory pointed by R{n} type={s}
access beyond struct {s} at off {n} size {n}
access beyond the end of member {s} (mend:{n}) in struct {s} with off {n} size {n}
allocated_stack too small
At {s} the register {r} {s}
At {s} the register {r} has {s}
At {s} the register {s}{s}
At program exit the register R0 has {s}
At program exit the register R0 is not a known value ({s})
at the time of BPF_LD_ABS|IND R6 != pointer to skb
attach to invalid member {s}(@idx {n}) of struct {s}
attach to invalid member idx {n} of struct {s}
attempt to corrupt spilled pointer on stack
bpf verifier narrow ctx access misconfigured
BUG stack slots {n}
Cannot access kernel 'struct {s}' from non-GPL compatible program
cannot access ptr member {s} with moff {n} in struct {s} with off {n} size {n}
cannot pass in {s} at an offset={n}
cannot write into packet
direct access to {s} is disallowed
direct value access on string failed
direct value offset of {n} is not allowed
Extension program changes packet data, while original does not
failed to read signed metadata map '{s}': {n}
failed to retrieve map value address
fd_idx {n} out of bounds, fd_array_cnt {n}
frame pointer is read only
invalid access to context, ctx_size={n} off={n} size={n}
invalid access to flow keys off={n} size={n}
invalid access to map key, key_size={n} off={n} size={n}
invalid access to map value pointer, value_size={n} off={n}
invalid access to map value, value_size={n} off={n} size={n}
invalid access to memory, mem_size={n} off={n} size={n}
invalid access to packet, off={n} size={n}, {s}(id={n},off={n},r={n})
invalid access to packet, off={n} size={n}, R{n}(id={n},off={n},r={n})
invalid bpf_context access off={n} size={n}
invalid may_goto off {n} imm {n}
invalid read from stack {s} off {n}+{n} size {n}
invalid read from stack {s} var_off {s}+{n} size {n}
invalid read from stack off {n}+{n} size {n}
Invalid read of {n} bytes from insn_array
invalid size of register fill
invalid size of register spill
invalid unbounded variable-offset{s} stack {s}
invalid unbounded variable-offset{s} stack R{n}
invalid variable-offset{s} stack {s} var_off={s} off={n} size={n}
invalid variable-offset{s} stack R{n} var_off={s} off={n} size={n}
invalid variable-offset{s} stack R{n} var_off={s} size={n}
invalid zero-sized read
invalid{s} read from stack R{n} off {n}+{n} size {n}
invalid{s} read from stack R{n} var_off {s}+{n} size {n}
invalid{s} stack {s} off={n} size={n}
invalid{s} stack R{n} off={n} size={n}
math between {s} pointer and {n} is not allowed
math between {s} pointer and register with unbounded min value is not allowed
misaligned {s}access off {s}+{n} size {n}
misaligned {s}access off {s}+{n}+{n} size {n}
misaligned packet access off {n}+{s}+{n} size {n}
misaligned packet access off {n}+{s}+{n}+{n} size {n}
negative offset {s} ptr {s} off={n} disallowed
negative offset {s} ptr R{n} off={n} disallowed
no direct value access support for this map type
off {n} doesn't point to 'struct {s}' that is at {n}
only read from {s} is supported
only read is supported
pointer in {s} isn't map pointer
pointer in R{n} isn't map pointer
pop stack internal bug
Possibly NULL pointer passed to trusted {s}
Private stack not supported by jit
R0 not a scalar value
R1 is not a scalar
read from map forbidden, value_size={n} off={n} size={n}
reading from stack {s} off {n}+{n} size {n}, slot poisoned by dead code elimination
reading from stack off {n}+{n} size {n}, slot poisoned by dead code elimination
register R{n} doesn't point to any offset in map id={n}
same insn cannot be used with and without arena pointer
same insn cannot be used with different pointers
spilled ptr in range of var-offset stack write; insn {n}, ptr off: {n}{s}
store to uptr disallowed
struct {s} doesn't have field at offset {n}
the prog does not allow writes to packet data
the sum of R{n} umax_value {n} is too big
the sum of R{n} umin_value {n} is too big
uninit stack in range of var-offset write prohibited for !root; insn {n}, off: {n}{s}
value {n} makes {s} pointer be out of bounds
variable {s} access var_off={s} disallowed
variable ctx access var_off={s} disallowed
verifier BUG type {s} var_off {n} off {n}
write into map forbidden
write into map forbidden, value_size={n} off={n} size={n}
write to change key {s} not allowed
write to change key R{n} not allowed
`;
