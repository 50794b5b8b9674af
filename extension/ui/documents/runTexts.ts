// SPDX-License-Identifier: Apache-2.0
/** Sentences about verifier runs that several places show. */
import { l10n } from 'vscode';
import { formatCount, formatDuration, formatPercent } from '../../core/format';
import { INSN_LIMIT } from '../../core/verifierSummary';
import type { VerifierRun } from '../../core/verifierRuns';

/** Said of a log that is not there any more. */
export function logGoneText(): string {
  return l10n.t('This verifier log is gone. Verify the program again, or open the log again.');
}

/** `Local (6.18.44)` */
export function hostText({ label, kernel }: VerifierRun['host']): string {
  return kernel === '' ? label : `${label} (${kernel})`;
}

/** What a refused program is told of: the title, what was known and needed, and what to do. */
export function problemText(run: VerifierRun): string {
  const { problem } = run;
  if (problem === undefined) {
    return l10n.t('{0}: {1}', run.program, run.error ?? l10n.t('The verifier refused it.'));
  }
  const details = [problem.knew, problem.needed].filter(text => text !== '').join(' ');
  return [l10n.t('{0}: {1}', run.program, problem.title), details, problem.fix]
    .filter(text => text !== '')
    .join('\n');
}

/** The reason in a few words. */
export function refusalText(run: VerifierRun): string {
  return run.problem?.title ?? run.error ?? l10n.t('The verifier refused it.');
}

/** Every figure of a run, and when it was, in one line. */
export function runDetails(run: VerifierRun): string {
  const { insns, insnsProcessed, peakStates, maxStatesPerInsn, verificationTime } = run;
  const count = (text: string, value: number | undefined): string[] =>
    value === undefined ? [] : [`${text} ${formatCount(value)}`];
  const processed =
    insnsProcessed === undefined
      ? []
      : [
          l10n.t(
            '{0} instructions looked at ({1} of the limit)',
            formatCount(insnsProcessed),
            formatPercent(insnsProcessed / INSN_LIMIT),
          ),
        ];
  return [
    ...count(l10n.t('Instructions in the program:'), insns),
    ...processed,
    ...count(l10n.t('states at once:'), peakStates),
    ...count(l10n.t('states at one instruction:'), maxStatesPerInsn),
    ...(verificationTime === undefined ? [] : [formatDuration(verificationTime / 1000)]),
    new Date(run.at).toLocaleString(),
  ].join(', ');
}
