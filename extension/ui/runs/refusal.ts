// SPDX-License-Identifier: Apache-2.0
import { l10n } from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import type { VerifierRun } from '../../core/verifierRuns';
import { AgentError } from '../../host/api';
import { AGENT_ERROR_CODES } from '../../protocol/agent';

/** The verifier refused a program; the run says why. */
export class RefusedError extends AgentError {
  /** `cause`: what the agent said, when it was not asked to verify only. */
  constructor(
    readonly run: VerifierRun,
    cause?: AgentError,
  ) {
    super(
      cause?.message ?? l10n.t('The verifier refused program {0}: {1}', run.program, run.error ?? ''),
      AGENT_ERROR_CODES.verifierRejected,
      cause?.data ?? { kind: 'verifierRejected', program: run.program },
    );
    this.name = 'RefusedError';
  }
}

/** Names the log of a run, and what it takes to verify again when the log is gone. */
export function logTarget({ id, host, target }: VerifierRun): CommandTarget {
  return { id, hostId: host.id, file: target };
}
