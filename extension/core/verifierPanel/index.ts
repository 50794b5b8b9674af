// SPDX-License-Identifier: Apache-2.0
/** The host's half of the Verifier Log panel, without VS Code. */
export { PanelSession, type PanelHost } from './session';
export type { Explain, Explained, SummaryWords } from './summary';
