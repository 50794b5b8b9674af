// SPDX-License-Identifier: Apache-2.0
import { LineKind, type VerifierLog } from '../verifierLog';

/** Whether a text has any line that a verifier, or a loader around it, writes. */
export function holdsVerifierLog(log: VerifierLog): boolean {
  for (let line = 0; line < log.lineCount; line++) {
    const kind = log.kind(line);
    if (kind !== LineKind.Unknown && kind !== LineKind.Blank) return true;
  }
  return false;
}
