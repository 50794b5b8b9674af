// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { SshTarget } from '../../extension/core/ssh';
import {
  createHostRegistry,
  type Host,
  type HostRegistry,
  type HostRegistryOptions,
} from '../../extension/host';
import { silent } from '../support/hosts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Built by `npm run build:agent`. */
export const agentFolder = `${checkout}dist/agent`;
export const VERSION = '0.0.0-test';

export interface Connected {
  readonly host: Host;
  readonly registry: HostRegistry;
}

/** A registry with one ssh host, as the extension makes it. */
export function hostAt(target: SshTarget, options: Partial<HostRegistryOptions> = {}): Connected {
  const registry = createHostRegistry({ agentFolder, version: VERSION, logger: silent, ...options });
  registry.update([{ kind: 'ssh', id: 'loop', label: 'loop', ...target }]);
  const host = registry.get('loop');
  if (host === undefined) {
    throw new Error('The host is not in the registry.');
  }
  return { host, registry };
}
