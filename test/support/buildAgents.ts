// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { checkout } from '../rig/checkout';
import { run } from '../rig/processes';

/** Before the agent's suite: builds what its files share, which would get in each other's way building it. */
export default async function buildAgents(): Promise<void> {
  await run('make', ['--silent', '-C', join(checkout, 'agent'), 'native', 'sanitize']);
  await run('make', ['--silent', '-C', join(checkout, 'test', 'traffic'), 'all']);
}
