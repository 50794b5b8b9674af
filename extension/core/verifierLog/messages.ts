// SPDX-License-Identifier: Apache-2.0
import { LineKind } from './kinds';

/**
 * How the messages of the verifier begin: verbose() and bpf_log() in kernel/bpf/{verifier,log,btf,liveness}.c
 * from 5.10 on, and what libbpf puts in their place (fixup_verifier_log() in libbpf.c). One per line; a register's
 * or a number's place is not part of a beginning.
 */
const ERRORS = `
!read_ok
At program exit
At callback return
At async callback
At subprogram exit
At the program exit
Async callback
BPF program is too large
BPF program too large
BPF map '
BPF_CALL
BPF_END
BPF_EXIT
BPF_JA
BPF_JMP
BPF_LDX
BPF_LD_
BPF_LSM_CGROUP
BPF_MOV
BPF_NEG
BPF_ST
BPF_STX
BPF_XADD
BPF_ATOMIC
BPF_ADDR_SPACE_CAST
BPF_EXIT instruction
BTF is missing
BTF of func
BTF type
BUG
CALL cannot be in
CAP_
Caller passes invalid args
Can't pass
Cannot access kernel
Cannot assign
Cannot pass
Cannot replace
Cannot recursively
Cannot mark
Cannot extend
Cannot change
Cannot use
CONST_PTR_TO_DYNPTR
Dynptr has to be
Expected a dynptr
Expected an initialized
Expected an initialised
Extension program
FENTRY/FEXIT
FREPLACE
Fentry
Func#
Function's
Global function
Helper call is not allowed
Insn_array
Invalid R0
Invalid map
Invalid register
Invalid slot
JIT doesn't support
JIT does not support
LD_ABS is only
Looks like the BPF stack limit
Only ET_
PTR_TO
Passing
Possibly NULL pointer
Program with
REG INVARIANTS VIOLATION
Replacement func
Return type
Some of
Spin_lock
Subprog
Subprogram
TP_BTF
The BPF_
The call stack
The sequence of
The stack
Too many
Tracing programs
Two map pointers
Type '
Unreleased reference
Unsupported reg type
Value
Writing to
addr_space_cast
alignment_
arena
arg
arg#
argument
attach_btf
attach to
attempt to corrupt spilled
attempted
back-edge from insn
bpf_
bpf2bpf
call to
call stack
calling
callback
callee
can't
cannot
combined stack size
const arg
context access
core_relo
corrupted spill
dereference of
div by zero
exception
expected
expr_reg
extra
failed to resolve CO-RE
failed to find kernel BTF
failed to
fd
field
frame
func
func_info
function
fmod_ret
global
guard page
gotox
has no valid kptr
helper
helper access
helper call
incorrect register type
indirect
infinite loop detected
insn
insn_array
invalid
irq
iter
jmp
jt
jump
kernel function
kernel btf
kernel subsystem misconfigured
kfunc
kptr
last insn is not
ldimm64
leaking pointer
line_info
loading/calling
local
lock
map
map_ptr
map_value
may_goto
math between
max struct nesting
meta
metadata kfuncs
min value
misaligned
missing
module
multiple
must
negative
nested
new range
no
non-sleepable
not
number of
off
off=
offload
offset
only
operation on
packet
parent function
pattern match
per-cpu
pointer
pointer arithmetic
pop stack
possible
prog
program must
program of this type
pseudo
ptr
rbtree
rdonly
read from map forbidden
read-only
ref
reference
reg type
release
reserved
ret type
returns
same insn
same object
sequence
shared
sign extending
sleepable
socket
speculation
spin
stack
stack depth exceeded
store to
string
struct
subprog
sub-program
symbol
tail_call
tail_calls
the call stack
the prog
timer
too many
trace type
tracing
type
unable to
unbounded
unexpected
unknown
unmatched
unrecognized
unreachable
unreleased
unreferenced
unsupported
uninitialized
variable
value
verifier
visit_insn
workqueue
wq
write into map
write to
zero-sized
zext
<invalid CO-RE relocation>
<missing BPF map
`;

/** Beginnings of lines that tell about the run and refuse nothing. */
const NOTES = `
cur state:
old state:
Note
is global and
propagating
frame pointer is
mark_reg
sync
update_branch_counts
states
state
subprog is
loop
scc
arena.
verifier log line truncated
last_visited
linked_regs
mark_precise
hit verifier bug
`;

/** Beginnings of lines by the tools around the log. */
const WRAPPERS = `
libbpf:
-- BEGIN PROG LOAD LOG --
-- END PROG LOAD LOG --
Error:
ERROR:
WARNING:
Warning:
HINT:
Kernel error log:
Verifier error:
Verifier analysis:
Verifier log:
verifier log:
load program:
loading program
BPF program load failed
bpf: Failed to load program
bpf:
Error loading BPF program
Error fetching program
Failed to load program
Prog section
 - Type:
 - Instructions:
 - License:
- Type:
- Attach Type:
- Instructions:
- License:
Skipped
[...]
...
Attaching
Attached
Loading
level=
time=
PROCESSING
VERIFIER LOG
=====
-----
File
`;

interface Beginning {
  readonly text: string;
  readonly kind: LineKind;
}

const firstWord = (text: string): string => {
  const end = text.search(/[^\w'<.-]/);
  return end <= 0 ? text.slice(0, 1) : text.slice(0, end);
};

function index(): ReadonlyMap<string, readonly Beginning[]> {
  const table = new Map<string, Beginning[]>();
  const add = (list: string, kind: LineKind): void => {
    for (const line of list.split('\n')) {
      if (line === '') continue;
      const key = firstWord(line + ' ');
      const entries = table.get(key);
      if (entries) entries.push({ text: line, kind });
      else table.set(key, [{ text: line, kind }]);
    }
  };
  add(NOTES, LineKind.Note);
  add(ERRORS, LineKind.Error);
  add(WRAPPERS, LineKind.Wrapper);
  for (const entries of table.values()) entries.sort((a, b) => b.text.length - a.text.length);
  return table;
}

const BEGINNINGS = index();

const REGISTER_MESSAGE =
  /^R\d{1,2} [a-z!(<'"-]|^R\d{1,2}\([^)]{0,80}\) |^R\d{1,2}, |^R\d{1,2} (?:R|is|BPF|PTR)/;
const MISSING_CALL = /^\d+ bpf_\w+ missing$/;
const OMITTED = /^\(\d+ line(?:s|\(s\))? omitted\)/;

/** Kind of a line of prose: an error, a note, a tool's text; {@link LineKind.Unknown} if it is none of them. */
export function classifyMessage(text: string): LineKind {
  if (REGISTER_MESSAGE.test(text)) return LineKind.Error;
  for (const entry of BEGINNINGS.get(firstWord(text + ' ')) ?? [])
    if (text.startsWith(entry.text)) return entry.kind;
  return wrapped(text);
}

const LOAD_FAILURE = [
  ': load program: ',
  ': BPF program load failed',
  'Error loading BPF program',
  'Failed to load ',
];

function wrapped(text: string): LineKind {
  if (LOAD_FAILURE.some(part => text.includes(part))) return LineKind.Wrapper;
  if (OMITTED.test(text)) return LineKind.Wrapper;
  if (MISSING_CALL.test(text)) return LineKind.Error;
  return LineKind.Unknown;
}
