// SPDX-License-Identifier: Apache-2.0
import type { CommandTarget } from '../../contrib/ids';
import type { Services } from '../services';

/** The log of a target, else the one of the panel, as an editor. */
export function openVerifierLogInEditor(services: Services, target: CommandTarget): Promise<void> {
  services.verifierPanels.openInEditor(target.id);
  return Promise.resolve();
}
