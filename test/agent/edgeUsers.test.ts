// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../rig/checkout';
import { Cleanup, eventually } from '../support/cleanup';
import { joining } from '../support/cgroup';
import { Traffic } from '../support/traffic';
import { builds, createAgent, createTestCgroup, datapathObject, fixtureObject, TestAgent } from './fixture';

/** The agent on a host that hides the addresses of its kernel's functions, so that the datapath can wake nobody. */
async function hideAddresses(agent: TestAgent, cleanup: Cleanup): Promise<TestAgent> {
  const folder = await temporaryFolder('hidden');
  cleanup.add(() => folder.remove());
  const path = join(folder.path, 'agent');
  const hide = 'mount --bind /dev/null /proc/kallsyms && exec "$@"';
  await writeFile(path, `#!/bin/sh\nexec unshare -m sh -c '${hide}' sh '${agent.path}' "$@"\n`, {
    mode: 0o700,
  });
  return new TestAgent(path, agent.bpffs);
}

describe.each(builds)('an attach without edge readers (%s build)', build => {
  const cleanup = new Cleanup();
  let visible: TestAgent;
  let agent: TestAgent;
  let cgroup: string;

  beforeEach(async () => {
    visible = await createAgent(cleanup, build);
    agent = await hideAddresses(visible, cleanup);
    cgroup = await createTestCgroup(cleanup, 'edge-users');
  });
  afterEach(() => cleanup.run());

  const said = (warnings: readonly string[]): readonly string[] =>
    warnings.flatMap(
      warning =>
        /edge-triggered epoll, and may stall when a sender is faster: (.*?)\. /.exec(warning)?.[1] ?? [],
    );

  /** Attaches anew until the agent names these. */
  const attachUntilNamed = (name: string, names: string): Promise<unknown> =>
    eventually(`${names} to be named`, async () => {
      const { warnings } = await agent.attach(datapathObject, cgroup, name);
      if (said(warnings)[0] === names) return true;
      await agent.json('detach', 'detach', '--name', name);
      return undefined;
    });

  async function startReaders(): Promise<Traffic> {
    const readers = await Traffic.start(['edge', '--count', '2', '--gap', '8', '--cgroup', cgroup]);
    cleanup.add(() => readers.stop());
    return readers;
  }

  it('names who waits for edges, for as long as it is attached', async () => {
    expect(said((await agent.attach(datapathObject, cgroup, 'quiet')).warnings)).toEqual([]);
    await agent.json('detach', 'detach', '--name', 'quiet');
    const readers = await startReaders();
    await attachUntilNamed('named', 'traffic');
    await readers.stop();
    expect(said((await agent.find('named'))?.warnings ?? [])).toEqual(['traffic']);
    const output = await agent.run('status');
    expect(output.stdout).toContain('a sender is faster: traffic.');
  });

  it('names nginx before its first connection, in a cgroup below as well', async () => {
    const below = join(cgroup, 'below');
    await mkdir(below);
    cleanup.add(() =>
      eventually('the processes below to end', () =>
        rmdir(below).then(
          () => true,
          () => undefined,
        ),
      ),
    );
    const folder = await temporaryFolder('edge-users');
    cleanup.add(() => folder.remove());
    const config = join(folder.path, 'nginx.conf');
    const lines = [
      ...[`daemon off; worker_processes 2; pid ${folder.path}/pid; error_log ${folder.path}/error;`],
      ...[`events {} http { access_log off; server { listen unix:${folder.path}/socket; } }`],
    ];
    await writeFile(config, lines.join('\n'));
    const nginx = spawn('sh', joining(below, 'nginx', '-c', config), { stdio: 'ignore' });
    const ended = once(nginx, 'exit');
    cleanup.add(async () => {
      nginx.kill();
      await ended;
    });
    await attachUntilNamed('web', 'nginx (3 processes)');
  });

  it('names nobody where the datapath can wake them', async () => {
    await startReaders();
    await attachUntilNamed('named', 'traffic');
    const { warnings } = await visible.attach(datapathObject, cgroup, 'woken');
    expect(said(warnings)).toEqual([]);
    expect(warnings.filter(warning => warning.includes('kernel.kptr_restrict'))).toEqual([]);
  });

  it('says nothing to those who have edge readers, or attach programs of their own', async () => {
    await startReaders();
    await attachUntilNamed('named', 'traffic');
    const gated = await agent.attach(datapathObject, cgroup, 'gated', '--edge-readers');
    const foreign = await agent.attach(await fixtureObject('foreign'), cgroup, 'foreign');
    expect([said(gated.warnings), said(foreign.warnings)]).toEqual([[], []]);
  });
});
