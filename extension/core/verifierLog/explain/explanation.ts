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
  /** Groups of the entry's pattern; undefined where one took no part. */
  readonly groups: readonly (string | undefined)[];
  /** Register that the message names, such as `R1`. */
  readonly register: string | undefined;
  /** What the verifier knew of it before the instruction, in its own words; undefined if the log does not tell. */
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
  /** For what the message's words do not tell apart. */
  readonly when?: (found: Pick<Case, 'groups' | 'insn'>) => boolean;
  readonly knew: Sentence;
  readonly needed: Sentence;
  readonly fix: Sentence;
}

export const say = (sentence: Sentence, found: Case): string =>
  typeof sentence === 'string' ? sentence : sentence(found);

export const registerOf = (found: Case): string => found.register ?? 'The register';

/**
 * `R1 is pkt(r=0)` and what that means. Where the log does not tell the value, as at level 1 before Linux 5.17, the
 * other words stand alone: they claim no more than the message does.
 */
export const registerIs = (found: Case, meaning = '', untold = found.message): string =>
  found.value === undefined ? `${untold}.` : `${registerOf(found)} is ${found.value}${meaning}.`;

/** The same of a pointer, with the helper that returned it. */
export function pointerIs(found: Case, meaning: string, predicate: string): string {
  const helper = /call (\w+)/.exec(found.origin?.text ?? '')?.[1];
  const maker = helper === undefined ? '' : `, which ${helper}() returned`;
  const end = maker === '' ? '' : ',';
  return registerIs(found, `${maker}: ${meaning}`, `${registerOf(found)}${maker}${end} ${predicate}`);
}

export const mayBeNull = (found: Case): string => pointerIs(found, 'it may be NULL', 'may be NULL');
