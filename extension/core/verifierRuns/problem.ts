// SPDX-License-Identifier: Apache-2.0
import { explain, type VerifierFailure, type VerifierLog } from '../verifierLog';
import { type CodePlace, placeOf, type RunProblem } from './run';

/** Lines that are looked back for the calls that led to an instruction. */
const MAX_LOOK_BACK = 1 << 16;

/** Why the program of a log was refused; undefined when the log does not say. */
export function problemOf(log: VerifierLog): RunProblem | undefined {
  const explanation = explain(log);
  if (explanation === undefined) return undefined;
  const { id, title, knew, needed, fix, failure, origin } = explanation;
  return {
    id,
    title,
    knew,
    needed,
    fix,
    message: failure.message,
    logLine: failure.line,
    ...(failure.source === undefined ? {} : { place: placeOf(failure.source) }),
    ...(origin?.source === undefined ? {} : { origin: placeOf(origin.source) }),
    calls: callsTo(log, failure),
  };
}

/** C lines of the calls that the instruction at fault is inside of. */
function callsTo(log: VerifierLog, failure: VerifierFailure): CodePlace[] {
  const { insnLine } = failure;
  const calls: CodePlace[] = [];
  if (insnLine === undefined) return calls;
  let frame = log.line(insnLine).frame;
  for (let at = insnLine; frame > 0 && at >= 0 && at > insnLine - MAX_LOOK_BACK; at--) {
    const line = log.line(at);
    if (line.frame >= frame || line.insn?.kind !== 'call') continue;
    frame = line.frame;
    if (line.source !== undefined) calls.push(placeOf(line.source));
  }
  return calls;
}
