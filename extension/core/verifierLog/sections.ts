// SPDX-License-Identifier: Apache-2.0

/** What the verifier counted, as its last lines print it. Numbers that a kernel does not print are undefined. */
export interface VerifierCounters {
  /** Instructions that the verifier processed; the limit is 1,000,000 (131,072 before 5.2). */
  readonly insns?: number;
  readonly insnLimit?: number;
  readonly maxStatesPerInsn?: number;
  readonly totalStates?: number;
  readonly peakStates?: number;
  readonly markRead?: number;
  /** Microseconds; printed at log level 4. */
  readonly verificationTime?: number;
  /** Bytes of stack of each subprogram, in the order of their numbers; printed at log level 4. */
  readonly stackDepth?: readonly number[];
}

/** `-1`-free number behind `name` in a line such as `... total_states 5 peak_states 5`. */
function numberAfter(text: string, name: string): number | undefined {
  const at = text.indexOf(name);
  if (at < 0) return undefined;
  const match = /^\d{1,15}/.exec(text.slice(at + name.length, at + name.length + 16));
  return match ? Number(match[0]) : undefined;
}

/** Reads `processed N insns ...`, `verification time N usec`, `stack depth A+B`. */
export function parseCounters(text: string): VerifierCounters {
  const depth = /stack depth (\d{1,9}(?:\+\d{1,9}){0,255})/.exec(text.slice(0, 4096))?.[1];
  const entries = {
    insns: numberAfter(text, 'processed '),
    insnLimit: numberAfter(text, '(limit '),
    maxStatesPerInsn: numberAfter(text, 'max_states_per_insn '),
    totalStates: numberAfter(text, 'total_states '),
    peakStates: numberAfter(text, 'peak_states '),
    markRead: numberAfter(text, 'mark_read '),
    verificationTime: numberAfter(text, 'verification time '),
    stackDepth: depth?.split('+').map(Number),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** A function of the program: the main one, a static one (verified with its callers), or a global one. */
export interface Subprogram {
  readonly id: number;
  /** First instruction, where the log says it. */
  readonly pc: number | undefined;
  readonly name: string | undefined;
  /** Bytes; printed at log level 4. */
  readonly stackDepth: number | undefined;
}

/** The report that Linux 7.3 and later add (bpf_diag_*() of kernel/bpf). */
export interface VerifierReport {
  /** Such as `Register Type Safety`. */
  readonly category: string;
  readonly title: string;
  readonly reason: string;
  readonly suggestion: string;
  /** Lines under `At:`, as printed. */
  readonly at: readonly string[];
  /** Lines under `Causal path:`, as printed. */
  readonly causalPath: readonly string[];
  /** From `function @ file:line:col` under `At:`, when the program has line information. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** Instruction at fault. */
  readonly insn: number | undefined;
}

/** Reads the lines of a report, from `Verification failed:` on. */
export function parseReport(lines: readonly string[]): VerifierReport {
  const parts = new Map<string, string[]>();
  let current: string[] = [];
  const head = (lines[0] ?? '').trim().replace('Verification failed: ', '');
  for (const line of lines.slice(1)) {
    const heading = /^(Reason|At|Causal path|Suggestion):$/.exec(line.trim())?.[1];
    if (heading !== undefined) parts.set(heading, (current = []));
    else if (line.trim() !== '') current.push(line);
  }
  const joined = (name: string): string => (parts.get(name) ?? []).map(line => line.trim()).join(' ');
  const at = parts.get('At') ?? [];
  const place = at
    .map(line => / @ ([^:]{1,4096}):(\d{1,8})(?::\d{1,8})?/.exec(line))
    .find(match => match !== null);
  const marked = at.map(line => /^\s*(?:insn|>>>) (\d{1,7})/.exec(line)).find(match => match !== null);
  const colon = head.indexOf(': ');
  return {
    category: colon < 0 ? '' : head.slice(0, colon),
    title: colon < 0 ? head : head.slice(colon + 2),
    reason: joined('Reason'),
    suggestion: joined('Suggestion'),
    at,
    causalPath: parts.get('Causal path') ?? [],
    file: place?.[1],
    line: place ? Number(place[2]) : undefined,
    insn: marked ? Number(marked[1]) : undefined,
  };
}

/** One program's part of a log: tools print several after one another. */
export interface Section {
  /** Name that libbpf gives it, when its wrapping is there. */
  readonly program: string | undefined;
  readonly firstLine: number;
  /** One past the last. */
  readonly endLine: number;
  readonly counters: VerifierCounters;
  readonly subprograms: readonly Subprogram[];
  /** The verifier was done in the middle of a path: it refused the program there, with a message or without. */
  readonly brokenOff: boolean;
}

/** A {@link Section} while its lines come in. */
export interface OpenSection {
  program: string | undefined;
  firstLine: number;
  counters: VerifierCounters;
  /** `processed ... insns` was seen: the verifier was done. */
  done: boolean;
  brokenOff: boolean;
  subprograms: Map<number, { pc: number | undefined; name: string | undefined }>;
}

export const openSection = (firstLine: number, program: string | undefined): OpenSection => ({
  program,
  firstLine,
  counters: {},
  done: false,
  brokenOff: false,
  subprograms: new Map(),
});

export function closeSection(section: OpenSection, endLine: number): Section {
  const depths = section.counters.stackDepth ?? [];
  const ids = [...new Set([...section.subprograms.keys(), ...depths.keys()])].sort((a, b) => a - b);
  return {
    program: section.program,
    firstLine: section.firstLine,
    endLine,
    counters: section.counters,
    brokenOff: section.brokenOff,
    subprograms: ids.map(id => ({
      id,
      pc: section.subprograms.get(id)?.pc,
      name: section.subprograms.get(id)?.name,
      stackDepth: depths[id],
    })),
  };
}
