// SPDX-License-Identifier: Apache-2.0
import { copyFile, chmod, mkdir, rmdir } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../rig/checkout';
import { cgroup2Root } from '../support/cgroup';
import { Cleanup } from '../support/cleanup';
import { hasKernelTls } from '../support/kernelTls';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  type Output,
  type TestAgent,
} from './fixture';

const commands = ['attach', 'detach', 'status', 'stats', 'sockets', 'progs', 'maps', 'map', 'cgroups'];

describe.each(builds)('command line (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
  });
  afterEach(() => cleanup.run());

  it('explains itself', async () => {
    const help = await agent.run('--help');
    expect(help.code).toBe(0);
    for (const command of [...commands, 'verify', 'probe', 'serve']) {
      expect(help.stdout).toContain(`  ${command} `);
      const one = await agent.run(command, '--help');
      expect(one.code).toBe(0);
      expect(one.stdout).toContain(`sockmap-agent ${command}`);
    }
    const attach = await agent.run('attach', '--help');
    expect(attach.stdout).toContain('attach --object FILE --cgroup PATH [OPTION]...\n');
    // The names of commands are a column, however long they are.
    expect(help.stdout).toMatch(/\n  attach {9}Load .*\n(.*\n)+  policy clear {3}Remove /);
    expect((await agent.run('--version')).stdout).toMatch(/^sockmap-agent \d+\.\d+\.\d+, protocol 1\n$/);
  });

  it.each([
    [[], 'usage:'],
    [['fly'], 'There is no command fly'],
    [['status', '--loud'], 'There is no option --loud'],
    [['status', 'extra'], 'extra is one argument too many'],
    [['stats', '--name'], '--name needs a value'],
    [['cgroups', '--limit', 'x'], '--limit needs a number'],
    [['detach', '--drain-timeout', '-1'], '--drain-timeout needs a number'],
    [['detach', '--drain-timeout', 'inf'], '--drain-timeout needs a number'],
    [['attach'], '--object is required'],
    [['attach', '--object', datapathObject], '--cgroup is required'],
    [['verify'], 'An object file is required'],
    [['map'], 'The id or name of a map is required'],
    [['serve'], '--nonce is required'],
    [['serve', '--nonce', 'xyz'], '--nonce must be 1 to 64 hex digits'],
    [['stats', '--name', '.hidden'], '"name" must be'],
    [['stats', '--name', 'a/b'], '"name" must be'],
    [['stats', '--name', 'x'.repeat(33)], '"name" must be'],
    [['cgroups', '--limit', '-4'], '"limit" must be an integer from 0'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await agent.run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('says what is missing', async () => {
    expect(await agent.failure('stats', '--name', 'absent')).toMatchObject({
      exit: 9,
      data: { kind: 'notFound' },
      message: 'There is no attachment named absent',
    });
    expect(await agent.failure('detach')).toMatchObject({ message: 'Nothing is attached' });
    const attach = ['attach', '--object', datapathObject, '--cgroup'];
    expect(await agent.failure(...attach, '/no/such/cgroup')).toMatchObject({
      exit: 4,
      data: { kind: 'noCgroup' },
      message: 'The cgroup /no/such/cgroup cannot be opened: No such file or directory',
    });
    const tmp = await agent.failure(...attach, '/tmp');
    expect(tmp.data.kind).toBe('noCgroup');
    expect(tmp.message).toContain('/tmp is not a cgroup v2 directory');
    expect((await agent.failure(...attach, 'relative')).data.kind).toBe('invalidParams');
    const bpffs = await agent.failure('--bpffs', '/tmp', 'status');
    expect(bpffs).toMatchObject({ exit: 5, data: { kind: 'noBpffs' }, message: '/tmp is not on a bpffs' });
    expect((await agent.failure('--bpffs', '/no/bpffs', 'status')).data.kind).toBe('noBpffs');
  });

  it('says so when the host lacks cgroup v2, and when bpffs cannot be mounted', async () => {
    const inNamespace = (prepare: string, ...args: string[]): Promise<Output> => {
      const options = { env: { ...agent.env, SOCKMAP_BPFFS: '' } };
      const script = `${prepare} && exec "$0" "$@"`;
      return new Promise(resolve => {
        const child = execFile(
          ...(['unshare', ['-m', 'sh', '-c', script, agent.path, ...args, '--json'], options] as const),
          (_, stdout, stderr) => resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr }),
        );
      });
    };
    const attach = ['attach', '--object', datapathObject, '--cgroup', '/'];
    const noCgroup = await inNamespace(`umount -l ${await cgroup2Root()}`, ...attach);
    expect(noCgroup.code).toBe(4);
    expect(noCgroup.stderr).toContain('cgroup v2 is not mounted on this host');
    const unmountBpffs = 'grep " - bpf " /proc/self/mountinfo | cut -d" " -f5 | xargs -r umount -l';
    const mounted = await inNamespace(unmountBpffs, 'probe');
    expect(mounted.stdout).toContain('"bpffs":"/sys/fs/bpf"');
    const noBpffs = await inNamespace(`${unmountBpffs} && mount -t tmpfs none /sys/fs`, 'status');
    expect(noBpffs.code).toBe(5);
    expect(noBpffs.stderr).toContain('No bpffs is mounted, and mounting it on /sys/fs/bpf failed');
  });

  it('lists cgroups, and takes a path as it lists it', async () => {
    const cgroup = await createTestCgroup(cleanup, 'cli');
    const listed = await agent.json('cgroups', 'cgroups', '--filter', 'sockmap-test-');
    const found = listed.cgroups.find(({ path }) => cgroup === join(listed.root, path));
    expect(found).toMatchObject({ processes: 0 });
    const all = await agent.json('cgroups', 'cgroups', '--limit', '1');
    expect(all.cgroups).toHaveLength(1);
    expect(all.cgroups[0]?.path).toBe('/');
    const attachment = await agent.attach(datapathObject, found?.path ?? '', 'short');
    expect(attachment.cgroup.path).toBe(cgroup);
  });

  it('lets no escape sequence in a name reach the terminal', async () => {
    const cgroup = await createTestCgroup(cleanup, 'escape');
    const name = '\u001b[2J\u009b31m';
    await mkdir(join(cgroup, name));
    cleanup.add(() => rmdir(join(cgroup, name)));
    const args = ['cgroups', '--filter', basename(cgroup)];
    const printed = await agent.run(...args);
    expect(printed.stdout).toContain(`/${basename(cgroup)}/?[2J??31m`);
    expect(printed.stdout).not.toMatch(/[\u001b\u009b]/);
    const { cgroups } = await agent.json('cgroups', ...args);
    expect(cgroups.some(({ path }) => path.endsWith(name))).toBe(true);
    const refused = await agent.run('stats', '--name', name);
    expect(refused.stderr).not.toMatch(/[\u001b\u009b]/);
  });

  it('prints for people what --json gives', async () => {
    const cgroup = await createTestCgroup(cleanup, 'cli');
    const attached = await agent.run('attach', '--object', datapathObject, '--cgroup', cgroup);
    expect(attached.stdout).toContain(`default: attached on ${cgroup}`);
    expect(attached.stderr).toContain(`Verifying ${(await hasKernelTls()) ? 3 : 2} programs`);
    expect((await agent.run('status')).stdout).toContain('Sockmap datapath');
    expect((await agent.run('stats')).stdout).toContain('hit rate 0.0 %');
    expect((await agent.run('sockets')).stdout).toContain('0 of 0 sockets');
    expect((await agent.run('progs')).stdout).toContain('sm_verdict');
    expect((await agent.run('maps')).stdout).toContain('sm_sockets');
    expect((await agent.run('verify', datapathObject)).stdout).toContain(': ok');
    expect((await agent.run('cgroups')).stdout).toContain('cgroups below');
    expect((await agent.run('detach')).stdout).toBe(
      'default is detached: 0 sockets drained, 0 bytes lost.\n',
    );
    expect((await agent.run('status')).stdout).toBe('Nothing is attached.\n');
  });

  it('probes the kernel', async () => {
    const probe = await agent.json('probe', 'probe');
    expect(probe).toMatchObject({ btf: true, bpffs: agent.bpffs });
    expect(probe.cgroup2).toContain('cgroup');
    expect(Object.values(probe.programTypes)).not.toContain(false);
    expect(Object.values(probe.mapTypes)).not.toContain(false);
    expect(probe.helpers['sk_msg']).toMatchObject({ msg_redirect_hash: true, getsockopt: false });
    expect(probe.helpers['sock_ops']).toMatchObject({ sock_hash_update: true, getsockopt: true });
    expect(probe.capabilities).toMatchObject({ cap_sys_admin: true, cap_net_admin: true });
    const fionread = probe.bugs.find(({ id }) => id === 'fionread');
    expect(typeof fionread?.present).toBe('boolean');
    expect((await agent.run('probe')).stdout).toContain('bug fionread: ');
  });

  it('keeps only the capabilities that it needs', async () => {
    const child = agent.spawn(['serve', '--nonce', 'ab']);
    cleanup.add(() => Promise.resolve(child.kill('SIGKILL')));
    await new Promise(resolve => child.stdout?.once('data', resolve));
    const { stdout } = await promisify(execFile)('grep', [
      '-E',
      'NoNewPrivs|CapEff',
      `/proc/${child.pid ?? 0}/status`,
    ]);
    const effective = BigInt(`0x${/CapEff:\t([0-9a-f]+)/.exec(stdout)?.[1] ?? ''}`);
    /* dac_read_search 2, net_admin 12, sys_ptrace 19, sys_admin 21, syslog 34, perfmon 38, bpf 39 */
    expect(effective & ~[2, 12, 19, 21, 34, 38, 39].reduce((set, bit) => set | (1n << BigInt(bit)), 0n)).toBe(
      0n,
    );
    expect(stdout).toContain('NoNewPrivs:\t1');
  });

  it('says what a user without rights lacks', async () => {
    const folder = await temporaryFolder('user');
    cleanup.add(() => folder.remove());
    await chmod(folder.path, 0o755);
    const copy = join(folder.path, 'sockmap-agent');
    const object = join(folder.path, 'sockmap.bpf.o');
    await copyFile(agent.path, copy);
    await copyFile(datapathObject, object);
    await chmod(object, 0o644);
    const asUser = (...args: string[]): Promise<Output> => {
      const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
      const options = { env: { ...agent.env, SOCKMAP_BPFFS: '' } };
      return new Promise(resolve => {
        const child = execFile(
          'setpriv',
          [...nobody, copy, ...args, '--json'],
          options,
          (_, stdout, stderr) => {
            resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
          },
        );
      });
    };
    const attach = ['attach', '--object', object, '--cgroup', '/', '--name', 'user'];
    for (const args of [
      attach,
      ['detach', '--name', 'x'],
      ['status'],
      ['verify', object],
      ['maps'],
      ['progs'],
    ]) {
      const { code, stdout, stderr } = await asUser(...args);
      expect([args, code, stdout]).toEqual([args, 3, '']);
      expect(stderr).toMatch(/"kind":"notPermitted".*sudo/);
    }
    expect((await asUser('probe')).stdout).toContain('"cap_bpf":false');
    expect((await asUser('cgroups')).stdout).toContain('"path":"/"');
  });
});
