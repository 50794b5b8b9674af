// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentClient, createHostRegistry, type Host, type HostRegistry } from '../../extension/host';
import { AgentBinaries } from '../../extension/host/agentBinary';
import { systemClock } from '../../extension/host/clock';
import { LocalConnector } from '../../extension/host/local';
import { run } from '../../extension/host/process';
import { AGENT_PROTOCOL_VERSION, type ObjectRef } from '../../extension/protocol/agent';
import { descendants, problemOf, silent, stateOf, until } from '../support/hosts';
import { agentFolder, hostAt, VERSION } from './loop';
import { Sshd } from './sshd';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const NAME = `ssh-test-${String(process.pid)}`;

let registry: HostRegistry;
let host: Host;
let sshd: Sshd | undefined;
let cgroup: string;
let object: ObjectRef;

/** Starts with a cgroup of its own; what a failed test left attached is detached afterwards. */
async function prepare(made: { host: Host; registry: HostRegistry }): Promise<AgentClient> {
  ({ host, registry } = made);
  const client = await host.connect();
  const { root } = await client.request('cgroups', { limit: 1 });
  cgroup = join(root, `sockmap-test-${NAME}`);
  await mkdir(cgroup, { recursive: true });
  const data = await readFile(file('dist/bpf/sockmap.bpf.o'));
  object = { name: 'sockmap.bpf.o', data: data.toString('base64') };
  return client;
}

function local(): { host: Host; registry: HostRegistry } {
  const made = createHostRegistry({ agentFolder, version: VERSION, logger: silent });
  made.update([{ kind: 'local', id: 'local', label: 'here' }]);
  const found = made.get('local');
  if (found === undefined) {
    throw new Error('The host is not in the registry.');
  }
  return { host: found, registry: made };
}

const attachments = async (client: AgentClient) =>
  (await client.request('status', {})).attachments.filter(({ name }) => name === NAME);

async function agentPid(): Promise<number> {
  const processes = await descendants(sshd?.pid);
  const agent = processes.find(({ command }) => /^\/\S*agent\S* serve --nonce/.test(command));
  if (agent === undefined) {
    throw new Error('No agent runs.');
  }
  return agent.pid;
}

async function tidy(): Promise<void> {
  const client = await host.connect();
  if ((await attachments(client)).length > 0) {
    await client.request('detach', { name: NAME, force: true });
  }
  const bpffs = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map(line => line.split(' '))
    .find(fields => fields[2] === 'bpf')?.[1];
  const pins = bpffs === undefined ? [] : await readdir(join(bpffs, 'sockmap')).catch(() => []);
  expect(pins).not.toContain(NAME);
  await host.disconnect();
  registry.dispose();
  await sshd?.stop();
  sshd = undefined;
  await rmdir(cgroup);
}

async function traffic(count: number): Promise<void> {
  const program = file('out/traffic/x86_64/traffic');
  const args = ['pairs', '--cgroup', cgroup, '--count', String(count), '--bytes', '65536'];
  const { code, stdout, stderr } = await run({ command: program, args });
  if (code !== 0) {
    throw new Error(`traffic: ${stdout.toString()}${stderr}`);
  }
}

describe('on this machine', () => {
  beforeEach(async () => {
    await prepare(local());
  });
  afterEach(tidy);

  test('attaches, redirects, and detaches', async () => {
    const client = await host.connect();
    const stages: string[] = [];
    const started = performance.now();
    const attachment = await client.request(
      'attach',
      { object, cgroup, name: NAME },
      { onProgress: stage => stages.push(stage) },
    );
    const attach = performance.now() - started;
    expect(attachment).toMatchObject({ name: NAME, state: 'attached' });
    expect(stages.length).toBeGreaterThan(0);
    await traffic(10);
    const stats = await client.request('stats', { name: NAME });
    expect(stats.redirected.bytes).toBeGreaterThan(10 * 65536);
    expect(await client.request('detach', { name: NAME })).toMatchObject({ removed: true, remaining: [] });
    expect(await attachments(client)).toEqual([]);
    process.stdout.write(`local: warm attach ${(attach / 1000).toFixed(2)} s\n`);
  });

  test('an agent that is killed is replaced by one that finds what was attached', async () => {
    const client = await host.connect();
    await client.request('attach', { object, cgroup, name: NAME });
    process.kill(await agentPid(), 'SIGKILL');
    await stateOf(host, ({ kind }) => kind === 'retrying');
    await traffic(5);
    await stateOf(host, ({ kind }) => kind === 'ready');
    const next = await host.connect();
    expect(await attachments(next)).toMatchObject([{ name: NAME, state: 'attached' }]);
    const stats = await next.request('stats', { name: NAME });
    expect(stats.redirected.bytes).toBeGreaterThan(5 * 65536);
    expect(await next.request('detach', { name: NAME })).toMatchObject({ removed: true });
  });

  test('disconnecting ends the agent and leaves the datapath', async () => {
    const client = await host.connect();
    await client.request('attach', { object, cgroup, name: NAME });
    const pid = await agentPid();
    await host.disconnect();
    expect((await descendants()).map(process => process.pid)).not.toContain(pid);
    await traffic(5);
    const stats = await (await host.connect()).request('stats', { name: NAME });
    expect(stats.redirected.bytes).toBeGreaterThan(5 * 65536);
  });

  test('a second attach of the same name is refused with its reason', async () => {
    const client = await host.connect();
    await client.request('attach', { object, cgroup, name: NAME });
    await expect(client.request('attach', { object, cgroup, name: NAME })).rejects.toMatchObject({
      data: { kind: 'exists' },
    });
    expect(await attachments(client)).toHaveLength(1);
  });

  test('cancelling an attach leaves nothing or all', async () => {
    const client = await host.connect();
    const controller = new AbortController();
    const result = await client
      .request(
        'attach',
        { object, cgroup, name: NAME },
        {
          signal: controller.signal,
          onProgress: () => controller.abort(),
        },
      )
      .then(
        () => 'attached',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
    expect(await attachments(client)).toHaveLength(result === 'attached' ? 1 : 0);
  });
});

test('an agent under sudo starts, works and ends like any other', async () => {
  const connector = new LocalConnector({
    binaries: new AgentBinaries(agentFolder),
    logger: silent,
    clock: systemClock,
    // Root needs no password for sudo: the way is that of a user who needs none either.
    uid: 1000,
  });
  const stages: string[] = [];
  const { signal } = new AbortController();
  const connection = await connector.open({ signal, onStage: stage => stages.push(stage) });
  const info = await connection.request('initialize', { client: 'test', protocol: AGENT_PROTOCOL_VERSION });
  expect(info).toMatchObject({ uid: 0, canLoad: true });
  expect((await descendants()).map(({ command }) => command).join('\n')).toContain('sudo -n -- ');
  await connection.close();
  expect((await descendants()).filter(({ command }) => command.includes('serve --nonce'))).toEqual([]);
});

describe('a link that is cut during attach', () => {
  afterEach(tidy);

  test.each([0, 1])('after stage %d leaves all or nothing, and the host says which', async wanted => {
    sshd = await Sshd.start();
    const client = await prepare(hostAt(sshd.target));
    const agent = await agentPid();
    const session = (await descendants(sshd.pid)).find(({ command }) => command.startsWith('sshd:'))?.pid;
    let stage = 0;
    let wasCut = false;
    const request = client.request(
      'attach',
      { object, cgroup, name: NAME },
      {
        onProgress: () => {
          if (stage++ === wanted && session !== undefined) {
            process.kill(agent, 'SIGSTOP');
            process.kill(session, 'SIGKILL');
            process.kill(agent, 'SIGCONT');
            wasCut = true;
          }
        },
      },
    );
    const outcome = await problemOf(request);
    expect(wasCut).toBe(true);
    expect(outcome.code).toBe('connectionLost');
    await until('the first agent has ended', () => Promise.resolve(!isAlive(agent)));
    await stateOf(host, ({ kind }) => kind === 'ready');
    const found = await attachments(await host.connect());
    expect(found.map(({ state }) => state)).not.toContain('broken');
    if (found.length > 0) {
      await traffic(2);
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
