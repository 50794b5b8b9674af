// SPDX-License-Identifier: Apache-2.0
import type { After, Messenger, NoteHandlers } from '../../../extension/protocol/messenger';
import type { HOST_SIDE, PAGE_SIDE, PanelState } from '../../../extension/protocol/verifierPanel';

/** The extension host, as the page sees it. */
export type Host = Messenger<typeof PAGE_SIDE, typeof HOST_SIDE>;

/** What the page's model needs of the page. */
export interface Surroundings {
  /** Makes the line to the host; what it says goes to the handlers. */
  connect(handlers: NoteHandlers<typeof PAGE_SIDE>): Host;
  readonly saved: PanelState;
  save(state: PanelState): void;
  readonly after: After;
  /** Of numbers, as a BCP 47 tag. */
  readonly language: string;
}
