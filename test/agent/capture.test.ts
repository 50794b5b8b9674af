// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup, eventually } from '../support/cleanup';
import {
  type Build,
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  kernelObjects,
  type Output,
  type TestAgent,
} from './fixture';

const result = v.object({
  name: v.string(),
  file: v.string(),
  messages: v.number(),
  bytes: v.number(),
  packets: v.number(),
  dropped: v.object({ messages: v.number(), bytes: v.number() }),
  ended: v.picklist(['count', 'interrupted', 'detached', 'readerGone']),
});
type Result = v.InferOutput<typeof result>;

/** A capture at work. */
class Capture {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  constructor(
    readonly agent: TestAgent,
    readonly file: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ) {
    this.#child = agent.spawn(['capture', '--json', '-w', file, ...args], env);
    this.#child.stdout?.on('data', (text: Buffer) => (this.#stdout += text.toString()));
    this.#child.stderr?.on('data', (text: Buffer) => (this.#stderr += text.toString()));
    this.#ended = once(this.#child, 'close');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until the program is in its slot. */
  async started(): Promise<this> {
    await eventually(
      'the capture to begin',
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`The capture ended: ${this.#stderr}`);
        return (await captureProgramsOf(this.pid)).length > 0 && (await size(this.file)) > 0
          ? true
          : undefined;
      },
      10_000,
    );
    await delay(50);
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async done(): Promise<Result> {
    await this.#ended;
    if (this.#stdout === '') throw new Error(`The capture failed: ${this.#stderr}`);
    return v.parse(result, JSON.parse(this.#stdout));
  }

  async output(): Promise<Output> {
    await this.#ended;
    const { exitCode, signalCode } = this.#child;
    return { code: exitCode, signal: signalCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  stop(): Promise<Result> {
    this.kill('SIGINT');
    return this.done();
  }
}

async function size(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch {
    return 0;
  }
}

/** Ids of the capture programs that a process holds. */
async function captureProgramsOf(pid: number): Promise<number[]> {
  const ids = new Set<number>();
  for (const fd of await readdir(`/proc/${pid}/fdinfo`)) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    for (const [, id = ''] of info.matchAll(/^prog_id:\t(\d+)$/gm)) ids.add(Number(id));
  }
  const programs = await kernelObjects('prog');
  return programs.filter(({ id, name }) => name === 'sma_capture' && ids.has(id)).map(({ id }) => id);
}

const tshark = (file: string, ...args: string[]): Promise<string> => run('tshark', ['-r', file, ...args]);

/** One line a packet, the fields between bars. */
async function fields(file: string, filter: string, ...names: string[]): Promise<string[]> {
  const asked = names.flatMap(name => ['-e', name]);
  const out = await tshark(file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...asked);
  return out.split('\n').filter(line => line !== '');
}

const flaws = (file: string): Promise<string[]> =>
  fields(file, 'tcp.analysis.flags || _ws.malformed || _ws.expert.severity == error', 'frame.number');

describe('capture', () => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;
  let folder: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, 'sanitize');
    cgroup = await createTestCgroup(cleanup, 'capture');
    const temporary = await temporaryFolder('capture');
    cleanup.add(() => temporary.remove());
    folder = temporary.path;
  });
  afterEach(() => cleanup.run());

  const file = (): string => join(folder, 'messages.pcapng');
  const capture = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Capture> => {
    const begun = new Capture(agent, file(), args, env);
    cleanup.add(async () => {
      begun.kill('SIGKILL');
      await begun.output();
    });
    return begun.started();
  };
  const inCgroup = (command: string, ...args: string[]): string[] => [
    ...['-c', `echo 0 > ${cgroup}/cgroup.procs && exec "$@"`, 'sh', command, ...args],
  ];

  /** An nginx in the cgroup; returns its port, on both loopback addresses. */
  const startNginx = async (): Promise<number> => {
    const port = 20_000 + (process.pid % 20_000);
    const config = join(folder, 'nginx.conf');
    const listeners = `listen 127.0.0.1:${port}; listen [::1]:${port};`;
    const server = `server { ${listeners} location / { root ${folder}; } }`;
    await writeFile(
      config,
      `daemon off; error_log stderr; pid ${folder}/pid; events {} http { access_log off; ${server} }`,
    );
    await chmod(folder, 0o755);
    const nginx = spawn('sh', inCgroup('nginx', '-c', config), { stdio: 'ignore' });
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
  const curl = (...urls: string[]): Promise<string> =>
    run('sh', inCgroup('curl', '-sS', ...urls.flatMap(url => [url, '-o', '/dev/null'])));

  it.each(builds)(
    'shows tshark an HTTP exchange of curl and nginx, whole (%s build)',
    async (build: Build) => {
      agent = await createAgent(cleanup, build);
      await agent.attach(datapathObject, cgroup, 'web');
      const body = Buffer.alloc(300_000, 'sockmap');
      await writeFile(join(folder, 'large.bin'), body);
      const port = await startNginx();
      const running = await capture(['--all']);
      const at = (host: string, name: string): string => `http://${host}:${port}/${name}`;
      await curl(at('127.0.0.1', 'nginx.conf'), at('127.0.0.1', 'large.bin'), at('127.0.0.1', 'missing'));
      await curl(at('[::1]', 'large.bin'));
      const captured = await running.stop();
      expect(captured).toMatchObject({
        name: 'web',
        ended: 'interrupted',
        dropped: { messages: 0, bytes: 0 },
      });
      expect(await flaws(file())).toEqual([]);
      const exchange = await fields(file(), 'http', 'tcp.stream', 'http.request.uri', 'http.response.code');
      expect(exchange).toEqual([
        '0|/nginx.conf|',
        '0||200',
        '0|/large.bin|',
        '0||200',
        '0|/missing|',
        '0||404',
        '1|/large.bin|',
        '1||200',
      ]);
      const ends = await fields(
        file(),
        'tcp.flags.syn == 1',
        'ip.src',
        'ipv6.src',
        'tcp.dstport',
        'tcp.flags',
      );
      expect(ends.filter(line => line.endsWith(`|${port}|0x0002`))).toEqual([
        `127.0.0.1||${port}|0x0002`,
        `|::1|${port}|0x0002`,
      ]);
      const comments = await fields(file(), 'http.request.uri == "/missing"', 'frame.comment');
      expect(comments[0]).toMatch(/^socket \d+ \(curl, process \d+\) to socket \d+ \(nginx, process \d+\)/);
      const objects = join(folder, 'objects');
      await mkdir(objects);
      await tshark(file(), '-q', '--export-objects', `http,${objects}`);
      const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
      expect(hash(await readFile(join(objects, 'large.bin')))).toBe(hash(body));
      expect((await stat(file())).mode & 0o777).toBe(0o600);
    },
  );
});
