// SPDX-License-Identifier: Apache-2.0
/**
 * Refusals of the verifier in plain words: what it knew, what it needed, what to change. One table, by the messages
 * of kernel/bpf/verifier.c from 5.10 on; a refusal without an entry is told in the verifier's own words.
 */
import type { VerifierFailure } from '../failure';
import type { VerifierLog } from '../log';
import { callEntries } from './calls';
import { type Case, type Entry, type Explanation, type Origin, registerIs, say } from './explanation';
import { flowEntries } from './flow';
import { kernelEntries } from './kernel';
import { lockEntries } from './locks';
import { memoryEntries } from './memory';
import { packetEntries } from './packets';
import { pointerEntries } from './pointers';
import { valueEntries } from './values';

export type { Explanation, Origin } from './explanation';

/** The first that matches counts. */
export const ENTRIES: readonly Entry[] = [
  ...memoryEntries,
  ...packetEntries,
  ...lockEntries,
  ...callEntries,
  ...valueEntries,
  ...pointerEntries,
  ...kernelEntries,
  ...flowEntries,
];

const OTHER: Entry = {
  id: 'other',
  title: 'The verifier refused the program',
  pattern: /^/,
  knew: found => registerIs(found),
  needed: found => `${found.message}.`,
  fix: 'Look at the instruction and at where its values come from.',
};

/** What is looked at of a line; the verifier's buffer holds less. */
const LONGEST_MESSAGE = 4096;

const REGISTER = /^R(\d{1,2})\b/;

/** Undefined when the program was accepted, or the log does not say why not. */
export function explain(log: VerifierLog): Explanation | undefined {
  const failure = log.failure();
  if (failure === undefined) return undefined;
  // Messages of CO-RE stand beside others that only follow from them.
  const messages = [failure.message, ...failure.lines.map(line => log.text(line, LONGEST_MESSAGE).trim())];
  const insn = insnAt(log, failure);
  for (const entry of ENTRIES)
    for (const message of messages) {
      const groups: Case['groups'] | undefined = entry.pattern.exec(message)?.slice(1);
      if (groups && (entry.when?.({ groups, insn }) ?? true))
        return explained(log, failure, entry, message, groups);
    }
  return explained(log, failure, OTHER, failure.message, []);
}

function explained(
  log: VerifierLog,
  failure: VerifierFailure,
  entry: Entry,
  message: string,
  groups: Case['groups'],
): Explanation {
  const number = REGISTER.exec(message)?.[1];
  const register = number === undefined ? undefined : Number(number);
  const origin = originOf(log, failure, register);
  const found: Case = {
    message: message.replace(/[.\s]+$/, ''),
    groups,
    register: number === undefined ? undefined : `R${number}`,
    value: valueOf(log, failure.insnLine, register),
    insn: insnAt(log, failure),
    origin,
  };
  return {
    id: entry.id,
    title: entry.title,
    knew: say(entry.knew, found),
    needed: say(entry.needed, found),
    fix: say(entry.fix, found),
    failure,
    origin,
  };
}

const insnAt = (log: VerifierLog, { insnLine }: VerifierFailure): Case['insn'] =>
  insnLine === undefined ? undefined : log.insn(insnLine);

/** Undefined also for one that the log does not tell. */
function valueOf(
  log: VerifierLog,
  line: number | undefined,
  register: number | undefined,
): string | undefined {
  if (line === undefined || register === undefined) return undefined;
  const { frame, frames } = log.stateAt(line);
  const value = frames[frame]?.cells.find(cell => cell.register === register)?.before;
  return value === '' ? undefined : value;
}

/** The instruction that acquired a leaked reference, or that made the register's value. */
function originOf(
  log: VerifierLog,
  failure: VerifierFailure,
  register: number | undefined,
): Origin | undefined {
  const acquired = failure.originInsn === undefined ? -1 : log.findInsn(failure.originInsn);
  const line = acquired >= 0 ? acquired : makerOf(log, failure.insnLine, register);
  const insn = line === undefined ? undefined : log.insn(line);
  if (line === undefined || insn === undefined) return undefined;
  return { line, source: log.source(line), text: insn.text };
}

function makerOf(
  log: VerifierLog,
  line: number | undefined,
  register: number | undefined,
): number | undefined {
  if (line === undefined || line < 1 || register === undefined) return undefined;
  return log.slice(line - 1, { register }).steps.find(step => step.role === 'made' || step.role === 'origin')
    ?.line;
}
