// SPDX-License-Identifier: Apache-2.0
export { createHostRegistry, type HostRegistryOptions } from './registry';
export { createBuilder, type BuilderOptions } from './builder';
export { listSshConfigHosts } from './sshConfigHosts';
export { systemClock } from './clock';
export { AgentError } from './api';
export type * from './api';
