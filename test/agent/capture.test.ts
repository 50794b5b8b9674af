// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOCKET_COLUMNS } from '../../extension/protocol/agent';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Capture, captureResult, flaws, packets, tshark } from '../support/capture';
import { joining } from '../support/cgroup';
import { Cleanup, eventually } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  expectFreed,
  fixtureObject,
  kernelObjects,
  type TestAgent,
} from './fixture';

/* A server and a client that asks when it is told to, and not before all is acknowledged. */
const exchange = `
const http = require('node:http');
const pause = () => new Promise(done => setTimeout(done, 300));
const server = http.createServer((request, response) => response.end('answer to ' + request.url));
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const get = path => new Promise(done => http.get({ agent, port, path }, r => r.resume().on('end', done)));
  await get('/first');
  await pause();
  console.log(port);
  process.stdin.once('data', async () => {
    for (const path of ['/one', '/two']) await get(path);
    process.exit();
  });
});`;

/* Eight threads that each send a large message at the same time, over and over, until standard input ends. */
const crowd = `
const { Worker } = require('node:worker_threads');
const send = \`
  const { workerData } = require('node:worker_threads');
  const socket = require('node:net').connect(workerData, '127.0.0.1');
  const more = () => socket.write(Buffer.alloc(1 << 20, 'sockmap'), more);
  more();
\`;
const server = require('node:net').createServer(socket => socket.resume());
server.listen(0, '127.0.0.1', () => {
  for (let i = 0; i < 8; i++) new Worker(send, { eval: true, workerData: server.address().port });
});
process.stdin.resume().once('end', () => process.exit());`;

const cleanup = new Cleanup();
let agent: TestAgent;
let cgroup: string;
let folder: string;
const file = (): string => join(folder, 'messages.pcapng');

async function prepare(build: (typeof builds)[number]): Promise<void> {
  agent = await createAgent(cleanup, build);
  cgroup = await createTestCgroup(cleanup, 'capture');
  const temporary = await temporaryFolder('capture');
  cleanup.add(() => temporary.remove());
  folder = temporary.path;
}

function begin(target: string, args: readonly string[]): Capture {
  const begun = new Capture(agent, target, args);
  cleanup.add(async () => {
    begun.kill('SIGKILL');
    await begun.output();
  });
  return begun;
}

const capture = async (...args: string[]): Promise<Capture> => {
  await rm(file(), { force: true });
  return begin(file(), args).started();
};

/** Runs a command of the traffic tool in the cgroup to its end: it fails when a byte is not as it was sent. */
const traffic = async (command: string, ...args: string[]): Promise<void> => {
  const running = await Traffic.start([command, '--cgroup', cgroup, ...args]);
  await running.done();
};

afterEach(() => cleanup.run());

describe.each(builds)('capture (%s build)', build => {
  beforeEach(() => prepare(build));

  /** An nginx in the cgroup; returns its port, on both loopback addresses. */
  const startNginx = async (): Promise<number> => {
    const port = 20_000 + (process.pid % 10_000);
    const config = join(folder, 'nginx.conf');
    const listeners = `listen 127.0.0.1:${port}; listen [::1]:${port};`;
    const server = `server { ${listeners} location / { root ${folder}; } }`;
    const http = `http { access_log off; ${server} }`;
    await writeFile(config, `daemon off; error_log stderr; pid ${folder}/pid; events {} ${http}`);
    await chmod(folder, 0o755);
    const nginx = spawn('sh', joining(cgroup, 'nginx', '-c', config), { stdio: 'ignore' });
    const ended = once(nginx, 'exit');
    cleanup.add(async () => {
      nginx.kill();
      await ended;
    });
    await eventually('nginx', () =>
      run('curl', ['-s', `http://127.0.0.1:${port}/nginx.conf`]).then(
        () => true,
        () => undefined,
      ),
    );
    return port;
  };

  it('shows tshark what curl and nginx say to each other, from the first byte', async () => {
    await agent.attach(datapathObject, cgroup, 'web');
    const body = Buffer.alloc(300_000, 'sockmap');
    await writeFile(join(folder, 'large.bin'), body);
    const port = await startNginx();
    const running = await capture('--all');
    const get = (host: string, ...names: string[]): Promise<string> =>
      run(
        'sh',
        joining(
          cgroup,
          'curl',
          '-sS',
          ...names.flatMap(name => [`http://${host}:${port}/${name}`, '-o', '/dev/null']),
        ),
      );
    await get('127.0.0.1', 'nginx.conf', 'large.bin', 'missing');
    await get('[::1]', 'large.bin');
    const captured = await running.stop();
    expect(captured).toMatchObject({ name: 'web', ended: 'interrupted', dropped: { messages: 0, bytes: 0 } });
    expect(await flaws(file())).toEqual([]);
    expect(await packets(file(), 'http', 'tcp.stream', 'http.request.uri', 'http.response.code')).toEqual([
      ...['0|/nginx.conf|', '0||200', '0|/large.bin|', '0||200', '0|/missing|', '0||404'],
      ...['1|/large.bin|', '1||200'],
    ]);
    expect(
      await packets(file(), 'tcp.flags == 2', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.dstport'),
    ).toEqual([`127.0.0.1|127.0.0.1|||${port}`, `||::1|::1|${port}`]);
    expect(await packets(file(), 'http.request.uri == "/missing"', 'frame.comment')).toEqual([
      expect.stringMatching(/^socket \d+ \(curl, process \d+\) to socket \d+ \(nginx, process \d+\)/),
    ]);
    await mkdir(join(folder, 'objects'));
    await tshark(file(), '-q', '--export-objects', `http,${folder}/objects`);
    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(hash(await readFile(join(folder, 'objects', 'large.bin')))).toBe(hash(body));
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });
});

describe('capture', () => {
  beforeEach(() => prepare('sanitize'));

  it('shows tshark an exchange that was redirected, and nothing of the stack', async () => {
    await agent.attach(datapathObject, cgroup, 'web');
    const node = spawn('sh', joining(cgroup, process.execPath, '-e', exchange), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(node, 'exit');
    cleanup.add(() => ended);
    const [port] = (await once(node.stdout, 'data')) as [Buffer];
    const running = await capture('--port', port.toString().trim());
    node.stdin.write('go\n');
    await ended;
    expect(await running.stop()).toMatchObject({ messages: 4, dropped: { messages: 0 } });
    expect(await flaws(file())).toEqual([]);
    expect(await packets(file(), 'http', 'http.request.uri', 'http.response.code')).toEqual([
      ...['/one|', '|200', '/two|', '|200'],
    ]);
    expect(await packets(file(), 'frame.number == 1', 'frame.comment')).toEqual([
      expect.stringContaining(' bytes were sent before, of which '),
    ]);
  });

  it('of chosen connections, as many messages and bytes of each as are asked for', async () => {
    await agent.attach(datapathObject, cgroup, 'chosen');
    /* Below those that the kernel gives to connections. */
    const port = 10_000 + (process.pid % 10_000);
    const few = await capture('--all', '--port', String(port), '--count', '5', '--snaplen', '100');
    await traffic('pairs', '--bytes', '8192', '--message', '2048');
    await traffic('pairs', '--bytes', '8192', '--message', '2048', '--listen', `127.0.0.1:${port}`);
    expect(await few.done()).toMatchObject({ messages: 5, bytes: 500, ended: 'count' });
    expect(await flaws(file())).toEqual([]);
    expect(await packets(file(), `tcp.port != ${port}`, 'frame.number')).toEqual([]);
    const sizes = await packets(file(), 'tcp.len > 0', 'frame.cap_len', 'tcp.len');
    expect(sizes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => '140|2048'));
    expect(sizes[4]).toMatch(/^140\|\d+$/);

    const load = ['--count', '3', '--rate', '300', '--hold', '4', '--quiet', '0'];
    const busy = await Traffic.start(['load', '--cgroup', cgroup, ...load]);
    cleanup.add(() => busy.stop());
    const cookie = await eventually('sockets', async () => {
      const { rows } = await agent.json('sockets', 'sockets');
      return v.parse(v.optional(v.number()), rows[2]?.[SOCKET_COLUMNS.indexOf('cookie')]);
    });
    const one = await capture('--all', '--socket', String(cookie), '--count', '6');
    expect((await one.done()).messages).toBe(6);
    const comments = await packets(file(), 'tcp.len > 0', 'tcp.stream', 'frame.comment');
    expect(comments.length).toBeGreaterThanOrEqual(6);
    for (const comment of comments) expect(comment).toMatch(new RegExp(`^0\\|.*socket ${cookie}\\b`));
  });

  it('changes no byte, and says what came too fast for it', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'fast');
    const running = await capture();
    await traffic('churn', '--count', '4', '--bytes', '400000');
    running.kill('SIGSTOP');
    await traffic('pairs', '--bytes', '20000000', '--message', '65536');
    running.kill('SIGCONT');
    const captured = await running.stop();
    expect(captured.dropped.messages).toBeGreaterThan(10);
    const { redirected } = await agent.json('stats', 'stats');
    expect(captured.bytes + captured.dropped.bytes).toBe(redirected.bytes);
    expect(captured.messages + captured.dropped.messages).toBe(redirected.messages);
    expect(await packets(file(), '_ws.malformed', 'frame.number')).toEqual([]);
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('ends with the attachment, which it does not hold up', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'ending');
    const running = await capture();
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true, lostBytes: 0 });
    expect(await running.done()).toMatchObject({ messages: 0, ended: 'detached' });
    await expectFreed(attachment);
    expect(await flaws(file())).toEqual([]);
  });

  it('leaves nothing when it is killed, and another one is refused before', async () => {
    await agent.attach(datapathObject, cgroup, 'killed');
    const running = await capture('--all');
    const held = await running.programs();
    expect(held.length).toBeGreaterThan(0);
    await traffic('pairs', '--bytes', '100000');
    const refused = await agent.failure('capture', '-w', join(folder, 'second'));
    expect(refused).toMatchObject({ exit: 10, data: { kind: 'busy' } });
    running.kill('SIGKILL');
    await running.output();
    await agent.json('status', 'status');
    await eventually('the kernel to free the program', async () =>
      (await kernelObjects('prog')).some(({ id }) => held.includes(id)) ? undefined : true,
    );
    await traffic('pairs', '--bytes', '100000');
    expect(await flaws(file())).toEqual([]);
    const again = await capture('--all');
    await traffic('pairs', '--bytes', '100000');
    expect((await again.stop()).bytes).toBe(200_000);
  });

  it('leaves the file whole that another capture is still writing', async () => {
    await agent.attach(datapathObject, cgroup, 'same');
    const running = await capture('--all');
    await traffic('pairs', '--bytes', '100000');
    const refused = await agent.failure('capture', '-w', file());
    expect(refused).toMatchObject({ exit: 10, data: { kind: 'busy' } });
    await traffic('pairs', '--bytes', '100000');
    expect((await running.stop()).bytes).toBe(400_000);
    expect(await flaws(file())).toEqual([]);
    const sizes = await packets(file(), 'tcp.len > 0', 'tcp.len');
    expect(sizes.reduce((sum, size) => sum + Number(size), 0)).toBe(400_000);
  });

  it('has as many whole messages as were asked for of a crowd that does not pause', async () => {
    await agent.attach(datapathObject, cgroup, 'crowd');
    const senders = spawn('sh', joining(cgroup, process.execPath, '-e', crowd), {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const ended = once(senders, 'exit');
    cleanup.add(async () => {
      senders.stdin.end();
      await ended;
    });
    await eventually('the crowd', async () =>
      (await agent.json('stats', 'stats')).paired === 16 ? true : undefined,
    );
    const few = await capture('--all', '--count', '3', '--snaplen', '2097152');
    const captured = await few.done();
    expect(captured).toMatchObject({ messages: 3, ended: 'count' });
    const sizes = await packets(file(), 'tcp.len > 0', 'tcp.len', 'tcp.flags.push');
    const last = sizes.filter(size => size.endsWith('|True') || size.endsWith('|1'));
    expect(last).toHaveLength(3);
    expect(sizes.reduce((sum, size) => sum + Number(size.split('|')[0]), 0)).toBe(captured.bytes);
    // Messages come faster than they are written: it must not collect them for ever.
    const running = await capture('--all');
    await new Promise(resolve => setTimeout(resolve, 1_000));
    const before = performance.now();
    const { messages } = await running.stop();
    expect(messages).toBeGreaterThan(0);
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  it('keeps a slot that several listings of all maps at one time do not make the kernel leak', async () => {
    const attachment = await agent.attach(datapathObject, cgroup, 'listed');
    const list = async (): Promise<void> => {
      for (let turn = 0; turn < 100; turn++) await agent.json('maps', 'maps');
    };
    await Promise.all([list(), list(), list()]);
    expect(attachment.maps.map(({ name }) => name)).toContain('sm_capture');
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
    await expectFreed(attachment);
  });

  it('writes to a pipe, until nobody reads it', async () => {
    await agent.attach(datapathObject, cgroup, 'piped');
    const child = agent.spawn(['capture', '--json', '--all', '-w', '-']);
    const [first] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    expect(first.subarray(0, 4).toString('hex')).toBe('0a0d0d0a');
    child.stdout?.destroy();
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    await traffic('pairs', '--bytes', '100000');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
    expect(captureResult(said)).toMatchObject({ file: 'standard output', ended: 'readerGone' });
  });

  it('ends when the reader of its pipe has gone, also when nothing is sent', async () => {
    await agent.attach(datapathObject, cgroup, 'unread');
    const child = agent.spawn(['capture', '--json', '-w', '-']);
    await once(child.stdout ?? child, 'data');
    let said = '';
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    child.stdout?.destroy();
    await once(child, 'close');
    expect(captureResult(said)).toMatchObject({ messages: 0, ended: 'readerGone' });
  });

  it('says clearly what it cannot do', async () => {
    const nowhere = await agent.failure('capture', '-w', file());
    expect(nowhere).toMatchObject({ exit: 9, data: { kind: 'notFound' } });
    expect(await agent.failure('capture')).toMatchObject({ exit: 2, message: '-w FILE is required' });

    await agent.attach(datapathObject, cgroup, 'ours');
    const foreign = join(folder, 'foreign');
    await mkdir(foreign);
    await chown(foreign, 65534, 65534);
    const refused = await agent.failure('capture', '-w', join(foreign, 'x'));
    expect(refused).toMatchObject({ exit: 1, data: { kind: 'system', errno: 'EACCES' } });
    expect(refused.data.action).toContain('-w -');
    const full = await agent.failure('capture', '-w', '/dev/full');
    expect(full).toMatchObject({ exit: 1, data: { errno: 'ENOSPC' } });
    for (const args of [
      ['--port', '65536'],
      ['--count', '-1'],
      ['--snaplen', '9999999999'],
    ]) {
      expect(await agent.failure('capture', '-w', file(), ...args)).toMatchObject({ exit: 2 });
    }
    expect(await agent.json('detach', 'detach')).toMatchObject({ removed: true });
    await agent.attach(await fixtureObject('foreign'), cgroup, 'theirs');
    expect(await agent.failure('capture', '-w', file())).toMatchObject({
      exit: 11,
      data: { kind: 'unsupported' },
    });
  });
});
