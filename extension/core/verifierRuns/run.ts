// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import type { SourceLine } from '../verifierLog';

const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const optionalUint = v.optional(uint);

/** A line of C as the log names it; `file` is a base name and both are missing before Linux 6.8. */
export const codePlace = v.object({
  file: v.optional(v.string()),
  /** From 1. */
  line: optionalUint,
  /** Without leading blanks. */
  text: v.string(),
});
export type CodePlace = v.InferOutput<typeof codePlace>;

/** Why a program was refused, as Problems, code lenses and tables show it. */
export const runProblem = v.object({
  /** Id of the explanation. */
  id: v.string(),
  title: v.string(),
  knew: v.string(),
  needed: v.string(),
  fix: v.string(),
  docs: v.optional(v.string()),
  /** The verifier's own words. */
  message: v.string(),
  /** Line of the log with the message, from 0. */
  logLine: uint,
  place: v.optional(codePlace),
  /** Where the value comes from that the verifier complains about. */
  origin: v.optional(codePlace),
  /** Calls that led to the place, the innermost first. */
  calls: v.array(codePlace),
});
export type RunProblem = v.InferOutput<typeof runProblem>;

/** A file that the program was compiled from, as it was then. */
export const sourceFile = v.object({
  /** Absolute path on this machine. */
  path: v.string(),
  /** SHA-256 of the content, hex. */
  sha256: v.string(),
});
export type SourceFile = v.InferOutput<typeof sourceFile>;

/** One program, looked at once by the verifier of one host. Numbers that the kernel did not print are missing. */
export const verifierRun = v.object({
  version: v.literal(1),
  /** Unique, and a file name. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/)),
  /** ISO 8601, UTC. */
  at: v.string(),
  host: v.object({ id: v.string(), label: v.string(), kernel: v.string() }),
  /** Base name of the object. */
  object: v.string(),
  /** What was asked to be verified: absolute path of a source or object on this machine, or `builtin`. */
  target: v.string(),
  /** The source first, then the headers that the log names; none when the source is not at hand. */
  sources: v.array(sourceFile),
  program: v.string(),
  section: v.string(),
  /** Kernel name of the program's type; empty when not known. */
  type: v.string(),
  ok: v.boolean(),
  /** The verifier's last complaint. */
  error: v.optional(v.string()),
  problem: v.optional(runProblem),
  /** Instructions in the object. */
  insns: optionalUint,
  insnsProcessed: optionalUint,
  totalStates: optionalUint,
  peakStates: optionalUint,
  maxStatesPerInsn: optionalUint,
  /** Bytes of each subprogram. */
  stackDepth: v.optional(v.array(uint)),
  /** Microseconds. */
  verificationTime: optionalUint,
  /** Bits as in union bpf_attr.log_level. */
  logLevel: uint,
  logLines: uint,
  /** How often the verifier visited each line of C, in the order of the log. */
  visits: v.array(v.object({ ...codePlace.entries, visits: uint })),
  /** Whether {@link visits} are all that there were; level 1 prints the last path only. */
  allVisits: v.boolean(),
});
export type VerifierRun = v.InferOutput<typeof verifierRun>;

/** Raised when an older reader would misread a run; other versions are left alone. */
export const RUN_VERSION = 1;

/** Reads what JSON.stringify wrote; undefined for what is no run of this version. */
export function decodeRun(text: string): VerifierRun | undefined {
  try {
    const result = v.safeParse(verifierRun, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** Name under which runs are compared: the same program of the same object on the same host and kernel. */
export function runKey(run: VerifierRun): string {
  return JSON.stringify([run.host.id, run.host.kernel, run.target, run.object, run.program]);
}

/** Name of a program on whatever host. */
export function programKey(run: Pick<VerifierRun, 'target' | 'object' | 'program'>): string {
  return JSON.stringify([run.target, run.object, run.program]);
}

/** Bytes of stack of all subprograms together, as the verifier adds them up. */
export function stackBytes(run: VerifierRun): number | undefined {
  return run.stackDepth?.reduce((sum, depth) => sum + depth, 0);
}

export function placeOf(source: SourceLine): CodePlace {
  return { text: source.text, ...defined({ file: source.file, line: source.line }) };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined. */
export function defined<T extends object>(entries: T): Defined<T> {
  const kept = Object.entries(entries).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Defined<T>;
}
