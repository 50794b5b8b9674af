// SPDX-License-Identifier: Apache-2.0
/** The host's half of the Verifier Log panel, without VS Code. */
export { comparisonOf, type ComparisonWords } from './comparison';
export { PanelSession, type LogData, type PanelHost, type ReadingTask } from './session';
export type { Explain, Explained, SummaryWords } from './summary';
