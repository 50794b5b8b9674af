// SPDX-License-Identifier: Apache-2.0

/** Where an instruction reads or writes memory. */
export interface MemoryAccess {
  /** Register that holds the address. */
  readonly base: number;
  readonly offset: number;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly read: boolean;
  readonly write: boolean;
}

export type CallKind = 'helper' | 'kfunc' | 'subprogram' | 'indirect';

export interface CallTarget {
  readonly kind: CallKind;
  /** Name of the helper or kfunc, `pc+5` for a subprogram, `r1` for an indirect call. */
  readonly name: string;
  /** Helper number, BTF id of a kfunc, first instruction of a subprogram; -1 when it is not printed. */
  readonly id: number;
}

export type InsnKind =
  'alu' | 'load' | 'store' | 'atomic' | 'packet' | 'imm64' | 'cast' | 'jump' | 'call' | 'exit' | 'barrier';

/** One instruction as print_bpf_insn() in kernel/bpf/disasm.c prints it. */
export interface Insn {
  /** Index in the program, counted in 8-byte slots. */
  readonly pc: number;
  /** First byte of the instruction. */
  readonly code: number;
  /** Without the index, the code and the state: `r1 = *(u32 *)(r1 +0)`. */
  readonly text: string;
  readonly kind: InsnKind;
  /** Registers read, bit n for rn. */
  readonly reads: number;
  /** Registers written, bit n for rn; a call also destroys r1-r5, which is not in here. */
  readonly writes: number;
  readonly memory?: MemoryAccess;
  readonly call?: CallTarget;
  /** A jump's target, as an index. */
  readonly target?: number;
  /** A jump that may also fall through to the next instruction. */
  readonly conditional?: boolean;
}

type Form = Omit<Insn, 'pc' | 'code' | 'text'>;

const REG = String.raw`[rw](10|\d)`;
const NUMBER = String.raw`(?:0x[0-9a-f]+|[+-]?\d+)`;
const POINTER = String.raw`\(([us])(8|16|32|64) \*\)\(r(10|\d) ([+-]\d+)\)`;

const ALU = new RegExp(`^${REG} (=|s?/=|s?%=|s?>>=|s?<<=|[-+*&|^]=) (?:${REG}|${NUMBER})$`);
const NEGATE = new RegExp(`^${REG} = -${REG}$`);
const SIGN_EXTEND = new RegExp(String.raw`^${REG} = \(s(?:8|16|32)\)${REG}$`);
const SWAP = new RegExp(`^${REG} = (?:be|le|bswap)(?:16|32|64) ${REG}$`);
const ADDRESS_SPACE = new RegExp(String.raw`^${REG} = addr_space_cast\(${REG}, \d+, \d+\)$`);
const PER_CPU = new RegExp(String.raw`^${REG} = &\(void __percpu \*\)\(${REG}\)$`);
const LOAD = new RegExp(String.raw`^${REG} = \*${POINTER}$`);
const STORE = new RegExp(String.raw`^\*${POINTER} = (?:${REG}|${NUMBER})$`);
const LOCK = new RegExp(String.raw`^lock \*${POINTER} [-+&|^]= ${REG}$`);
const FETCH = new RegExp(String.raw`^${REG} = atomic(?:64)?_(?:fetch_\w+|xchg)\(${POINTER}, ${REG}\)$`);
const COMPARE_EXCHANGE = new RegExp(String.raw`^r0 = atomic(?:64)?_cmpxchg\(${POINTER}, r0, ${REG}\)$`);
const ACQUIRE = new RegExp(String.raw`^${REG} = load_acquire\(${POINTER}\)$`);
const RELEASE = new RegExp(String.raw`^store_release\(${POINTER}, ${REG}\)$`);
const PACKET = /^r0 = \*\(u(8|16|32|64) \*\)skb\[(?:r(10|\d) \+ )?-?\d+\]$/;
const GOTO = /^(goto|gotol|may_goto|goto_or_nop) pc([+-]\d+)$/;
const GOTO_INDIRECT = /^gotox r(10|\d)$/;
const BRANCH = new RegExp(`^if ${REG} (==|!=|s?<=|s?>=|s?<|s?>|&) (?:${REG}|${NUMBER}) goto pc([+-]\\d+)$`);
const CALL_SUBPROGRAM = /^call pc([+-]\d+)$/;
const CALL_NAMED = /^call ([\w.-]*)#(-?\d+)$/;
const CALL_PLAIN = /^call ([\w.-]+)$/;
const CALL_INDIRECT = /^callx r(10|\d)$/;
const IMM64 = new RegExp(
  String.raw`^r(10|\d) = (0x[0-9a-f]+(?: ll)?|-?\d+ ll|(?:map|map_value|func|subprog|btf)\[[^\]]*\](?:\[\d+\])?(?:[+-]\d+)?)$`,
);

const bit = (register: string | undefined): number => (register === undefined ? 0 : 1 << Number(register));

function memory(
  match: RegExpExecArray,
  group: number,
  access: { read: boolean; write: boolean },
): MemoryAccess {
  return {
    base: Number(match[group + 2]),
    offset: Number(match[group + 3]),
    size: Number(match[group + 1]) / 8,
    ...access,
  };
}

const READ = { read: true, write: false };
const WRITE = { read: false, write: true };
const UPDATE = { read: true, write: true };

/** Longer texts are not instructions; no pattern below sees more. */
const LONGEST = 512;

/** BPF_LD | BPF_IMM | BPF_DW: two slots with a 64-bit number or address. */
const LOAD_IMM64 = 0x18;

function arithmetic(code: number, text: string): Form | undefined {
  let m = code === LOAD_IMM64 ? IMM64.exec(text) : null;
  if (m) return { kind: 'imm64', reads: 0, writes: bit(m[1]) };
  m = ALU.exec(text);
  if (m) {
    const dst = bit(m[1]);
    return { kind: 'alu', reads: bit(m[3]) | (m[2] === '=' ? 0 : dst), writes: dst };
  }
  m = NEGATE.exec(text) ?? SIGN_EXTEND.exec(text) ?? SWAP.exec(text);
  if (m) return { kind: 'alu', reads: bit(m[2]), writes: bit(m[1]) };
  m = ADDRESS_SPACE.exec(text) ?? PER_CPU.exec(text);
  if (m) return { kind: 'cast', reads: bit(m[2]), writes: bit(m[1]) };
  return undefined;
}

function access(text: string): Form | undefined {
  let m = LOAD.exec(text);
  if (m) return { kind: 'load', reads: bit(m[4]), writes: bit(m[1]), memory: memory(m, 2, READ) };
  m = STORE.exec(text);
  if (m) return { kind: 'store', reads: bit(m[3]) | bit(m[5]), writes: 0, memory: memory(m, 1, WRITE) };
  m = LOCK.exec(text);
  if (m) return { kind: 'atomic', reads: bit(m[3]) | bit(m[5]), writes: 0, memory: memory(m, 1, UPDATE) };
  m = FETCH.exec(text);
  if (m)
    return { kind: 'atomic', reads: bit(m[4]) | bit(m[6]), writes: bit(m[1]), memory: memory(m, 2, UPDATE) };
  m = COMPARE_EXCHANGE.exec(text);
  if (m) return { kind: 'atomic', reads: 1 | bit(m[3]) | bit(m[5]), writes: 1, memory: memory(m, 1, UPDATE) };
  m = ACQUIRE.exec(text);
  if (m) return { kind: 'load', reads: bit(m[4]), writes: bit(m[1]), memory: memory(m, 2, READ) };
  m = RELEASE.exec(text);
  if (m) return { kind: 'store', reads: bit(m[3]) | bit(m[5]), writes: 0, memory: memory(m, 1, WRITE) };
  m = PACKET.exec(text);
  if (m) return { kind: 'packet', reads: bit('6') | bit(m[2]), writes: 1 };
  return undefined;
}

function flow(pc: number, code: number, text: string): Form | undefined {
  if (text === 'exit') return { kind: 'exit', reads: 1, writes: 0 };
  if (text === 'nospec') return { kind: 'barrier', reads: 0, writes: 0 };
  let m = BRANCH.exec(text);
  if (m)
    return {
      kind: 'jump',
      reads: bit(m[1]) | bit(m[3]),
      writes: 0,
      target: pc + 1 + Number(m[4]),
      conditional: true,
    };
  m = GOTO.exec(text);
  if (m) {
    const conditional = m[1] === 'may_goto' || m[1] === 'goto_or_nop';
    return { kind: 'jump', reads: 0, writes: 0, target: pc + 1 + Number(m[2]), conditional };
  }
  m = GOTO_INDIRECT.exec(text);
  if (m) return { kind: 'jump', reads: bit(m[1]), writes: 0, conditional: true };
  m = CALL_SUBPROGRAM.exec(text);
  if (m) {
    const id = pc + 1 + Number(m[1]);
    return { kind: 'call', reads: 0, writes: 1, call: { kind: 'subprogram', name: text.slice(5), id } };
  }
  m = CALL_NAMED.exec(text);
  if (m) {
    const id = Number(m[2]);
    // Helpers are numbered from 1 to some 212; BTF ids of kernel functions are far above.
    const kind = id >= 0 && id < 1000 ? 'helper' : 'kfunc';
    return { kind: 'call', reads: 0, writes: 1, call: { kind, name: m[1] ?? '', id } };
  }
  m = CALL_INDIRECT.exec(text);
  if (m)
    return {
      kind: 'call',
      reads: bit(m[1]),
      writes: 1,
      call: { kind: 'indirect', name: text.slice(6), id: -1 },
    };
  m = CALL_PLAIN.exec(text);
  if (m && (code & 0xf0) === 0x80)
    return { kind: 'call', reads: 0, writes: 1, call: { kind: 'kfunc', name: m[1] ?? '', id: -1 } };
  return undefined;
}

/** By the instruction's class (BPF_CLASS), which is not trusted: what most of a class are is tried first. */
function formOf(pc: number, code: number, text: string): Form | undefined {
  switch (code & 7) {
    case 1:
    case 2:
    case 3:
      return access(text) ?? arithmetic(code, text) ?? flow(pc, code, text);
    case 5:
    case 6:
      return flow(pc, code, text) ?? arithmetic(code, text) ?? access(text);
    default:
      return arithmetic(code, text) ?? access(text) ?? flow(pc, code, text);
  }
}

/** Takes an instruction's text apart, or gives undefined for one that is not known. */
export function decodeInsn(pc: number, code: number, text: string): Insn | undefined {
  if (text.length > LONGEST) return undefined;
  const form = formOf(pc, code, text);
  return form && { pc, code, text, ...form };
}
