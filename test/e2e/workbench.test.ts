// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { checkout, temporaryFolder } from '../rig/checkout';
import { workbenchVersions } from '../rig/workbenchInstall';
import { Cleanup } from '../support/cleanup';
import { mainJobHere } from './parts/local';
import { mainJobOverSsh } from './parts/ssh';
import { verifierPanel } from './parts/verifierPanel';
import { SharedSession } from './session';
import { SshHost, writeSsh } from './sshHost';

const cleanup = new Cleanup();
const host = new SshHost();
let ssh: string;

// The slowest to start serves both versions.
beforeAll(async () => {
  const folder = await temporaryFolder('ssh-path');
  cleanup.add(() => folder.remove());
  cleanup.add(() => host.stop());
  await host.start();
  ssh = await writeSsh(folder.path, [host]);
});
afterAll(() => cleanup.run());

// One workbench for all parts: to open another takes longer than most tests.
describe.each(workbenchVersions)('in VS Code of %s', version => {
  const session = new SharedSession();
  beforeAll(() =>
    session.start('workbench', {
      version,
      fixtures: join(checkout, 'test', 'e2e', 'fixtures'),
      settings: { 'sockmap.detach.drainTimeout': 1, 'sockmap.ssh.path': ssh },
    }),
  );
  afterAll(() => session.stop());

  mainJobHere(session);
  verifierPanel(session);
  mainJobOverSsh(session, host);
});
