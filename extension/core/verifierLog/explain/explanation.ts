// SPDX-License-Identifier: Apache-2.0
import type { VerifierFailure } from '../failure';
import type { Insn } from '../insn';
import type { SourceLine } from '../sourceTable';

/** Where a value came from. */
export interface Origin {
  /** Line of the log. */
  readonly line: number;
  readonly source: SourceLine | undefined;
  /** The instruction, without its index and state. */
  readonly text: string;
}

/** A refusal in plain words. Sentences, without markup. */
export interface Explanation {
  /** Stable, e.g. `map-value-or-null`. */
  readonly id: string;
  readonly title: string;
  /** What the verifier knew, with the values of this case. */
  readonly knew: string;
  readonly needed: string;
  /** What to change in the C source. */
  readonly fix: string;
  readonly failure: VerifierFailure;
  readonly origin: Origin | undefined;
}

/** What an entry of the table tells its sentences from. */
export interface Case {
  readonly message: string;
  /** Groups of the entry's pattern. */
  readonly groups: readonly string[];
  /** Register that the message names, such as `R1`. */
  readonly register: string | undefined;
  /** What the verifier knew of it before the instruction, in its own words. */
  readonly value: string | undefined;
  readonly insn: Insn | undefined;
  readonly origin: Origin | undefined;
}

type Sentence = string | ((found: Case) => string);

/** One way to be refused. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  /** Beginning of the message, in the words of every kernel from 5.10 on. */
  readonly pattern: RegExp;
  readonly knew: Sentence;
  readonly needed: Sentence;
  readonly fix: Sentence;
}

export const say = (sentence: Sentence, found: Case): string =>
  typeof sentence === 'string' ? sentence : sentence(found);

/** `R1 is pkt(r=0)`; the register alone where the log does not tell its value. */
export function registerIs(found: Case): string {
  const register = found.register ?? 'The register';
  return found.value === undefined || found.value === ''
    ? `${register} holds nothing that the verifier knows`
    : `${register} is ${found.value}`;
}

/** `, which bpf_map_lookup_elem() returned,` or nothing. */
export function madeBy(found: Case): string {
  const helper = /call (\w+)/.exec(found.origin?.text ?? '')?.[1];
  return helper === undefined ? '' : `, which ${helper}() returned`;
}
