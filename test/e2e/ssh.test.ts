// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, temporaryFolder } from '../rig/checkout';
import { startVm, type Vm } from '../rig/vm';
import { workbenchVersions } from '../rig/workbenchInstall';
import { Cleanup, testName } from '../support/cleanup';
import { attach, detach } from './mainJob';
import { Session } from './session';

const exec = promisify(execFile);

describe.each(workbenchVersions)('the main job on a host behind SSH, VS Code %s', version => {
  const cleanup = new Cleanup();
  const name = testName('ssh');
  let vm: Vm;
  let session: Session;

  const onHost = async (command: string): Promise<string> =>
    (await exec('ssh', ['-F', vm.sshConfig, vm.host, command])).stdout.trim();

  beforeAll(async () => {
    vm = await startVm({ kernel: '6.1' });
    cleanup.add(() => vm.stop());
    await onHost('mkdir /sys/fs/cgroup/sockmap-test');
    const folder = await temporaryFolder('ssh-path');
    cleanup.add(() => folder.remove());
    // Stands for the user's own ssh configuration.
    const ssh = join(folder.path, 'ssh');
    await writeFile(ssh, `#!/bin/sh\nexec ssh -F ${vm.sshConfig} "$@"\n`);
    await chmod(ssh, 0o755);
    session = await Session.start('ssh', {
      version,
      fixtures: join(checkout, 'test', 'e2e', 'fixtures'),
      settings: { 'sockmap.ssh.path': ssh },
    });
    cleanup.add(() => session.stop());
  });
  afterAll(() => cleanup.run());

  it('adds the host', async () => {
    const { page } = session;
    await page.openContainer('Sockmap');
    await page.view('Hosts').waitRow('Local');
    await page.runCommand('Sockmap: Add Host…');
    await page.quickInput.waitOpen('Add SSH Host');
    await page.quickInput.type(vm.host);
    await page.quickInput.pick(vm.host);
    await page.quickInput.enter('Test host');
    await page.view('Hosts').waitRow('Test host');
  });

  it('delivers the agent and attaches', async () => {
    const { page } = session;
    await attach(page, {
      host: 'Test host',
      program: 'Built-in datapath',
      cgroup: '/sockmap-test',
      name,
    });
    const host = await page.view('Hosts').waitRow('Test host');
    expect(host.description).toContain(vm.release);
    expect(await onHost('bpftool cgroup show /sys/fs/cgroup/sockmap-test')).toMatch(/sock_ops/);
    await page.screenshot('attached');
  });

  it('detaches and leaves nothing on the host', async () => {
    await detach(session.page, name);
    expect(await onHost('bpftool prog show')).not.toMatch(/sock_ops|sk_msg/);
    expect(await onHost('ls /sys/fs/bpf/sockmap 2>/dev/null || true')).toBe('');
  });
});
