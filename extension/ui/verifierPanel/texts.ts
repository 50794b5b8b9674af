// SPDX-License-Identifier: Apache-2.0
import { l10n } from 'vscode';
import type { SummaryWords } from '../../core/verifierPanel';
import type { Metric } from '../../core/verifierRuns';
import type { PageText } from '../../protocol/verifierPanel';

export function summaryWords(): SummaryWords {
  return {
    processed: l10n.t('Instructions processed'),
    totalStates: l10n.t('States in total'),
    peakStates: l10n.t('States at the peak'),
    statesPerInsn: l10n.t('States per instruction, at most'),
    stackOf: l10n.t('Stack of {0}', '{0}'),
    mainFunction: l10n.t('the main function'),
    time: l10n.t('Verification time'),
    size: l10n.t('Instructions in the log'),
    ofLimit: l10n.t('{0} of {1}', '{0}', '{1}'),
    headMissing: l10n.t(
      'The beginning is missing: the log buffer was too small and the kernel kept the end only.',
    ),
    tailMissing: l10n.t('The end is missing: the log buffer was too small, or the text was cut.'),
    refused: l10n.t('The verifier refused the program'),
    stopped: l10n.t('Reading was cancelled: the rest of the log is left out.'),
  };
}

export function metricNames(): Readonly<Record<Metric, string>> {
  return {
    insns: l10n.t('Instructions'),
    insnsProcessed: l10n.t('Instructions processed'),
    totalStates: l10n.t('States in total'),
    peakStates: l10n.t('States at the peak'),
    maxStatesPerInsn: l10n.t('States per instruction, at most'),
    stack: l10n.t('Stack, bytes'),
    verificationTime: l10n.t('Verification time, µs'),
  };
}

/** The page's own strings, in the user's language. */
export function pageTexts(): Readonly<Record<PageText, string>> {
  return { loading: l10n.t('Loading…') };
}
