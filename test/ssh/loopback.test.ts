// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostState } from '../../extension/core/hosts';
import { descendants, problemOf, stateOf, until } from '../support/hosts';
import { type Connected, hostAt } from './loop';
import { freePort, Sshd } from './sshd';

const exec = promisify(execFile);

let sshd: Sshd;
let connected: Connected | undefined;

async function start(options: Parameters<typeof Sshd.start>[0] = {}): Promise<void> {
  sshd = await Sshd.start(options);
}

function host(...args: Parameters<typeof hostAt>): Connected['host'] {
  connected?.registry.dispose();
  connected = hostAt(...args);
  return connected.host;
}

const clients = async () => (await descendants()).filter(({ command }) => /^ssh\s/.test(command));
const sessions = async () => (await descendants(sshd.pid)).map(({ command }) => command);

/** Stages shown while connecting. */
function stagesOf(target: Connected['host']): string[] {
  const stages: string[] = [];
  target.onDidChangeState((state: HostState) => {
    if (state.kind === 'connecting') {
      stages.push(state.stage);
    }
  });
  return stages;
}

afterEach(async () => {
  await connected?.host.disconnect();
  connected?.registry.dispose();
  connected = undefined;
  expect(await clients()).toEqual([]);
  await until('no session is left on the host', async () => (await sessions()).length === 0);
  await sshd.stop();
});

describe('connecting', () => {
  beforeEach(() => start());

  test('delivers the agent at first, and starts it from there ever after', async () => {
    const loop = host(sshd.target);
    const stages = stagesOf(loop);
    const first = performance.now();
    await loop.connect();
    const cold = performance.now() - first;
    expect(loop.state).toMatchObject({ kind: 'ready', canLoad: true });
    expect(stages.some(stage => stage.startsWith('Delivering'))).toBe(true);
    const delivered = await readdir(sshd.cache);
    expect(delivered).toEqual([expect.stringMatching(/^agent-0\.0\.0_test-[0-9a-f]{64}$/)]);

    await loop.disconnect();
    await until('the agent has ended', async () => (await sessions()).length === 0);
    stages.length = 0;
    const second = performance.now();
    const client = await loop.connect();
    const warm = performance.now() - second;
    expect(stages.some(stage => stage.startsWith('Delivering'))).toBe(false);
    expect(await readdir(sshd.cache)).toEqual(delivered);
    expect((await client.request('status', {})).attachments).toEqual(expect.any(Array));
    process.stdout.write(
      `ssh on loopback: delivery and connect ${(cold / 1000).toFixed(2)} s, warm ${(warm / 1000).toFixed(2)} s\n`,
    );
  });

  test('an agent that was damaged on the host is replaced', async () => {
    const loop = host(sshd.target);
    await loop.connect();
    await loop.disconnect();
    const [name = ''] = await readdir(sshd.cache);
    const file = join(sshd.cache, name);
    const good = await readFile(file);
    await writeFile(file, Buffer.concat([good.subarray(0, 1000), Buffer.alloc(1), good.subarray(1001)]));
    await loop.connect();
    expect(loop.state.kind).toBe('ready');
    expect((await readFile(file)).equals(good)).toBe(true);
  });

  test('twenty requests at once are all answered', async () => {
    const client = await host(sshd.target).connect();
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.request('status', {})));
    expect(answers).toHaveLength(20);
  });

  test('cancelling ends ssh at once', async () => {
    // Long enough to be seen, and over by itself.
    await writeFile(join(sshd.home, '.bashrc'), 'sleep 3');
    const loop = host(sshd.target);
    const controller = new AbortController();
    const result = problemOf(loop.connect(controller.signal));
    await until('ssh runs', async () => (await clients()).length > 0);
    controller.abort();
    expect((await result).code).toBe('cancelled');
    expect(loop.state.kind).toBe('idle');
    await until('ssh has ended', async () => (await clients()).length === 0, 3_000);
    await until('nothing is half delivered', async () =>
      (await readdir(sshd.cache).catch(() => [])).every(name => !name.startsWith('.incoming')),
    );
    await writeFile(join(sshd.home, '.bashrc'), '');
    await loop.connect();
    expect(loop.state.kind).toBe('ready');
  });

  test('through a jump host', async () => {
    await sshd.writeClientConfig('user_key', [
      'Host behind',
      '  HostName 127.0.0.1',
      `  Port ${String(sshd.port)}`,
      '  ProxyJump jump',
    ]);
    const loop = host({ ...sshd.target, destination: 'behind' });
    await loop.connect();
    expect(loop.state.kind).toBe('ready');
    expect((await sessions()).length).toBeGreaterThan(2);
  });
});

describe('a link that is cut', () => {
  beforeEach(() => start());

  /** The process of the connection, or with `agent` what it runs. */
  async function session(agent = false): Promise<number> {
    const found = (await descendants(sshd.pid)).find(({ command }) =>
      agent ? command.includes('/sockmap/agent-') : command.startsWith('sshd:'),
    );
    if (found === undefined) {
      throw new Error('There is no session.');
    }
    return found.pid;
  }

  async function cut(): Promise<void> {
    process.kill(await session(), 'SIGKILL');
  }

  test('in the middle of a request rejects it, is retried, and comes back', async () => {
    const loop = host(sshd.target);
    const client = await loop.connect();
    const agent = await session(true);
    process.kill(agent, 'SIGSTOP');
    const requests = Array.from({ length: 50 }, () => problemOf(client.request('status', {})));
    await cut();
    process.kill(agent, 'SIGCONT');
    expect(new Set((await Promise.all(requests)).map(({ code }) => code))).toEqual(
      new Set(['connectionLost']),
    );
    const retrying = await stateOf(loop, ({ kind }) => kind === 'retrying');
    expect(retrying).toMatchObject({ attempt: 1, problem: { code: 'connectionLost' } });
    expect(loop.client).toBeUndefined();
    await stateOf(loop, ({ kind }) => kind === 'ready');
    expect((await loop.client?.request('status', {}))?.attachments).toEqual(expect.any(Array));
  });

  test('and a host key that changed meanwhile is not retried', async () => {
    const loop = host(sshd.target);
    await loop.connect();
    await sshd.knowHostKey('other_host_key');
    await cut();
    const state = await stateOf(loop, ({ kind }) => kind === 'failed');
    expect(state).toMatchObject({ problem: { code: 'changedHostKey' } });
  });

  test('disconnect() while retrying stays disconnected', async () => {
    const loop = host(sshd.target);
    await loop.connect();
    await cut();
    await stateOf(loop, ({ kind }) => kind === 'retrying');
    await loop.disconnect();
    await new Promise(resolve => setTimeout(resolve, 1_500));
    expect(loop.state.kind).toBe('idle');
  });
});

describe('a host that is noisy', () => {
  test('before the agent speaks', async () => {
    const bashrc = 'echo "Welcome"; head -c 20000 /dev/urandom; echo "to stderr" >&2; printf "prompt> "';
    await start({ bashrc });
    const loop = host(sshd.target);
    await loop.connect();
    expect(loop.state.kind).toBe('ready');
  });

  test('without end', async () => {
    await start({ bashrc: 'head -c 200000 /dev/zero' });
    const problem = await problemOf(host(sshd.target).connect());
    expect(problem).toMatchObject({ code: 'handshake', message: expect.stringMatching(/64 KiB/) as string });
  });

  test('that runs another command instead', async () => {
    await start({ config: ['ForceCommand echo "This account is not available."'] });
    const problem = await problemOf(host(sshd.target).connect());
    expect(problem.code).toBe('handshake');
    expect(problem.detail).toContain('This account is not available.');
  });
});

describe('a connection that ssh refuses', () => {
  beforeEach(() => start());

  test('the host key is not known', async () => {
    await sshd.knowHostKey(undefined);
    const problem = await problemOf(host(sshd.target).connect());
    expect(problem.code).toBe('unknownHostKey');
    expect(problem.action).toContain(`ssh -F ${sshd.folder}/ssh_config loop`);
    expect(await readFile(join(sshd.folder, 'known_hosts'), 'utf8')).toBe('');
  });

  test('the host key has changed', async () => {
    await sshd.knowHostKey('other_host_key');
    const loop = host(sshd.target);
    expect((await problemOf(loop.connect())).code).toBe('changedHostKey');
    expect(loop.state).toMatchObject({ kind: 'failed', problem: { code: 'changedHostKey' } });
  });

  test('the login is refused', async () => {
    await sshd.writeClientConfig('other_user_key');
    expect((await problemOf(host(sshd.target).connect())).code).toBe('loginRefused');
  });

  test('the login is refused by the jump host', async () => {
    await sshd.writeClientConfig('user_key', [
      'Host behind',
      '  HostName 127.0.0.1',
      '  ProxyJump jump',
      'Host jump',
      '  User no-such-user',
    ]);
    expect((await problemOf(host({ ...sshd.target, destination: 'behind' }).connect())).code).toBe(
      'loginRefused',
    );
  });

  test('nothing listens there', async () => {
    const problem = await problemOf(host({ ...sshd.target, port: await freePort() }).connect());
    expect(problem).toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/refused/) as string,
    });
  });

  test('the name does not exist', async () => {
    const destination = 'no-such-host.invalid';
    const problem = await problemOf(host({ ...sshd.target, destination }).connect());
    expect(problem).toMatchObject({
      code: 'unreachable',
      message: `The name ${destination} could not be resolved.`,
    });
  });

  test('the name is an option', async () => {
    const marker = join(sshd.folder, 'pwned');
    const destination = `-oProxyCommand=touch\${IFS}${marker}`;
    expect((await problemOf(host({ ...sshd.target, destination }).connect())).code).toBe('badHost');
    expect(await readdir(sshd.folder)).not.toContain('pwned');
  });

  test('the configuration is broken', async () => {
    await writeFile(sshd.target.configFile ?? '', 'NoSuchOption yes\n');
    expect((await problemOf(host(sshd.target).connect())).code).toBe('badHost');
  });

  test('there is no ssh', async () => {
    const problem = await problemOf(host(sshd.target, { sshPath: () => '/nonexistent/ssh' }).connect());
    expect(problem).toMatchObject({ code: 'sshMissing', action: expect.stringMatching(/OpenSSH/) as string });
  });

  test('there is no agent to deliver', async () => {
    const problem = await problemOf(host(sshd.target, { agentFolder: sshd.folder }).connect());
    expect(problem.code).toBe('agentMissing');
  });
});

describe('a host that cannot take or run the agent', () => {
  test('its disk is full', async () => {
    await start();
    await mkdir(join(sshd.home, '.cache'));
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'sockmap-test', join(sshd.home, '.cache')]);
    try {
      const problem = await problemOf(host(sshd.target).connect());
      expect(problem.code).toBe('delivery');
      expect(problem.message).toMatch(/is full: \d+ KiB are free/);
      expect(await readdir(sshd.cache)).toEqual([]);
    } finally {
      await connected?.host.disconnect();
      await exec('umount', [join(sshd.home, '.cache')]);
    }
  });

  test('its home cannot be written', async () => {
    await start();
    await writeFile(join(sshd.home, '.cache'), 'a file, no folder');
    const problem = await problemOf(host(sshd.target).connect());
    expect(problem).toMatchObject({
      code: 'delivery',
      message: expect.stringMatching(/cannot be written/) as string,
    });
  });

  // An account without rights, by the host's own doing: no account of this machine is changed.
  const asNobody = (path: string) =>
    `ForceCommand PATH=${path} exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$SSH_ORIGINAL_COMMAND"`;

  test('its user may not become root without a password', async () => {
    await start({ config: [asNobody('/usr/sbin:/usr/bin:/sbin:/bin')] });
    await exec('chmod', ['777', sshd.home]);
    const problem = await problemOf(host(sshd.target).connect());
    expect(problem.code).toBe('sudoNeedsPassword');
    expect(problem.action).toMatch(/NOPASSWD/);
  });

  test('it has no sudo', async () => {
    await start({ config: [asNobody('/run/sockmap-test-bin')] });
    await exec('chmod', ['777', sshd.home]);
    await exec('mkdir', ['-p', '/run/sockmap-test-bin']);
    const tools = [
      'sh',
      'uname',
      'id',
      'head',
      'tail',
      'cut',
      'sha256sum',
      'mkdir',
      'rm',
      'mv',
      'chmod',
      'touch',
      'ls',
      'df',
      'find',
      'setpriv',
    ];
    try {
      for (const tool of tools) {
        const { stdout } = await exec('which', [tool]);
        await exec('ln', ['-sf', stdout.trim(), `/run/sockmap-test-bin/${tool}`]);
      }
      const problem = await problemOf(host(sshd.target).connect());
      expect(problem).toMatchObject({
        code: 'notPermitted',
        message: expect.stringMatching(/no sudo/) as string,
      });
    } finally {
      await exec('rm', ['-rf', '/run/sockmap-test-bin']);
    }
  });
});
