// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, it } from 'vitest';
import { testName } from '../../support/cleanup';
import type { SharedSession } from '../session';
import type { SshHost } from '../sshHost';
import { addHost, attach, detach } from '../mainJob';

/** Tests of attach and detach on a host behind SSH, to which the agent must be delivered first. */
export function mainJobOverSsh(session: SharedSession, host: SshHost): void {
  describe('the main job on a host behind SSH', () => {
    const name = testName('ssh');

    beforeAll(() => host.run('rm -rf ~/.cache/sockmap'));

    it('adds the host', async () => {
      const { page } = session;
      await page.openContainer('Sockmap');
      await page.view('Hosts').waitRow('Local');
      await addHost(page, host.name, 'Test host');
    });

    it('delivers the agent and attaches', async () => {
      const { page } = session;
      await attach(page, {
        host: 'Test host',
        program: 'Built-in datapath',
        cgroup: '/sockmap-test',
        name,
      });
      const row = await page.view('Hosts').waitRow('Test host');
      expect(row.description).toContain(host.release);
      expect(await host.run('bpftool cgroup show /sys/fs/cgroup/sockmap-test')).toMatch(/sock_ops/);
      await page.screenshot('attached');
    });

    it('detaches and leaves nothing on the host', async () => {
      await detach(session.page, name);
      expect(await host.run('bpftool prog show')).not.toMatch(/sock_ops|sk_msg/);
      expect(await host.run('ls /sys/fs/bpf/sockmap 2>/dev/null || true')).toBe('');
    });
  });
}
