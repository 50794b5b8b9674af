// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  AGENT_ERROR_CODES,
  type AgentErrorKind,
  agentErrorData,
  type AgentMethod,
  type AgentResult,
  agentResults,
  type Attachment,
} from '../../extension/protocol/agent';
import { checkout, outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { type Cleanup, eventually, testName } from '../support/cleanup';
import { createCgroup } from '../support/cgroup';
import { Traffic } from '../support/traffic';

const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** The agent as it is shipped, and the one with sanitizers, in which it can also be stopped at a stage. */
export const builds = ['release', 'sanitize'] as const;
export type Build = (typeof builds)[number];

function agentPath(build: Build): string {
  return build === 'release'
    ? join(checkout, 'dist', 'agent', arch, 'sockmap-agent')
    : outPath('agent', 'sanitize', 'sockmap-agent');
}

export const datapathObject = join(checkout, 'dist', 'bpf', 'sockmap.bpf.o');

const objects = new Map<string, Promise<string>>();

/** The compiled test/fixtures/bpf/NAME.bpf.c. */
export function fixtureObject(name: string): Promise<string> {
  const compile = async (): Promise<string> => {
    const folder = outPath('test', 'bpf');
    const object = join(folder, `${name}.bpf.o`);
    // Another test file may compile it at the same time.
    const fresh = `${object}.${process.pid}`;
    await mkdir(folder, { recursive: true });
    await run('clang', [
      ...['-target', 'bpf', '-g', '-O2', '-Wall', '-Wextra', '-Werror'],
      ...['-idirafter', `/usr/include/${arch}-linux-gnu`],
      ...['-c', join(checkout, 'test', 'fixtures', 'bpf', `${name}.bpf.c`), '-o', fresh],
    ]);
    await rename(fresh, object);
    return object;
  };
  const object = objects.get(name) ?? compile();
  objects.set(name, object);
  return object;
}

export interface Output {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const errorObject = v.object({ code: v.number(), message: v.string(), data: agentErrorData });
export type Failure = v.InferOutput<typeof errorObject> & { readonly exit: number | null };

/** One build of the agent with a bpffs folder of its own. */
export class TestAgent {
  constructor(
    readonly path: string,
    readonly bpffs: string,
  ) {}

  get env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      SOCKMAP_BPFFS: this.bpffs,
      ASAN_OPTIONS: 'exitcode=99:detect_leaks=1',
      UBSAN_OPTIONS: 'halt_on_error=1:exitcode=98',
    };
  }

  run(...args: string[]): Promise<Output> {
    return this.runIn({}, ...args);
  }

  runIn(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Output> {
    return new Promise(resolve => {
      const child = execFile(
        this.path,
        args,
        { maxBuffer: 256 << 20, env: { ...this.env, ...env } },
        (_error, stdout, stderr) => {
          resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr });
        },
      );
    });
  }

  spawn(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(this.path, args, { env: { ...this.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** The result of a command, checked against the protocol. */
  async json<M extends AgentMethod>(method: M, ...args: string[]): Promise<AgentResult<M>> {
    const output = await this.run(...args, '--json');
    if (output.stdout === '') {
      throw new Error(
        `sockmap-agent ${args.join(' ')} ended with ${output.code ?? 0}: ${output.stderr.slice(0, 1000)}`,
      );
    }
    return v.parse(agentResults[method], JSON.parse(output.stdout));
  }

  /** The error of a command that must fail; its code and kind are checked to belong together. */
  async failure(...args: string[]): Promise<Failure> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (stdout !== '') throw new Error(`sockmap-agent ${args.join(' ')} did not fail: ${stdout}`);
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const error = v.parse(errorObject, JSON.parse(last));
    if (error.code !== AGENT_ERROR_CODES[error.data.kind]) {
      throw new Error(`${error.code} is not the code of ${error.data.kind}`);
    }
    return { ...error, exit: code };
  }

  async attach(object: string, cgroup: string, name: string, ...more: string[]): Promise<Attachment> {
    const args = ['attach', '--object', object, '--cgroup', cgroup, '--name', name, ...more];
    return this.json('attach', ...args);
  }

  async find(name: string): Promise<Attachment | undefined> {
    const { attachments } = await this.json('status', 'status');
    return attachments.find(other => other.name === name);
  }

  /** Folders in BPFFS/sockmap, also those of unfinished attachments. */
  async folders(): Promise<string[]> {
    try {
      return await readdir(join(this.bpffs, 'sockmap'));
    } catch {
      return [];
    }
  }
}

/** Mounts nothing: finds the bpffs mount, which the agent makes when it is missing. */
async function bpffsMount(agent: string): Promise<string> {
  const { bpffs } = v.parse(agentResults.probe, JSON.parse(await run(agent, ['probe', '--json'])));
  if (bpffs === null) throw new Error('No bpffs is mounted and it cannot be mounted.');
  return bpffs;
}

/** An agent with a bpffs folder of its own; `cleanup` takes off by force what is attached there. */
export async function createAgent(cleanup: Cleanup, build: Build): Promise<TestAgent> {
  const path = agentPath(build);
  const bpffs = join(await bpffsMount(path), testName('agent'));
  await mkdir(bpffs);
  const agent = new TestAgent(path, bpffs);
  cleanup.add(async () => {
    const { attachments } = await agent.json('status', 'status');
    for (const { name } of attachments) {
      await agent.run('detach', '--name', name, '--drain-timeout', '0', '--force');
    }
    await rmdir(join(bpffs, 'sockmap'));
    await rmdir(bpffs);
  });
  return agent;
}

export async function createTestCgroup(cleanup: Cleanup, label: string): Promise<string> {
  const cgroup = await createCgroup(label);
  cleanup.add(() => cgroup.remove());
  return cgroup.path;
}

/** Runs the sanitizer build up to a stage (agent/src/stage.h), where it stops itself. */
export async function stopAt(
  agent: TestAgent,
  stage: string,
  args: readonly string[],
): Promise<ChildProcess> {
  const child = agent.spawn(args, { SOCKMAP_AGENT_STOP_AT: stage });
  await eventually(`the stage ${stage}`, async () => {
    const status = await readFile(`/proc/${child.pid ?? 0}/stat`, 'utf8');
    if (child.exitCode !== null) throw new Error(`The agent ended before the stage ${stage}.`);
    return / T /.test(status.slice(status.lastIndexOf(')'))) ? true : undefined;
  });
  return child;
}

/** A pinned sockmap that test/fixtures/bpf/pinned.bpf.c shares, with two sockets that `owner` put there. */
export async function shareSockmap(
  cleanup: Cleanup,
  agent: TestAgent,
  cgroup: string,
): Promise<{ sockets(): Promise<number | undefined> }> {
  const map = join(agent.bpffs, 'shared_socks');
  cleanup.add(() => run('rm', ['-f', map]));
  await run('bpftool', [
    ...['map', 'create', map, 'type', 'sockhash', 'key', '8', 'value', '8'],
    ...['entries', '16', 'name', 'shared_socks'],
  ]);
  await agent.attach(await fixtureObject('joiner'), cgroup, 'owner');
  const traffic = await Traffic.start(['unread', '--count', '1', '--bytes', '1000', '--cgroup', cgroup]);
  cleanup.add(() => traffic.stop());
  await traffic.ready();
  return { sockets: async () => (await agent.find('owner'))?.sockets };
}

const listed = v.array(v.looseObject({ id: v.number(), name: v.optional(v.string()) }));
export type KernelKind = 'prog' | 'map' | 'link';

/** What the kernel holds, as bpftool, which is not ours, sees it. */
export async function kernelObjects(kind: KernelKind): Promise<{ id: number; name?: string | undefined }[]> {
  return v.parse(listed, JSON.parse((await run('bpftool', ['-j', kind, 'list'])) || '[]'));
}

/** Waits until the kernel freed the programs and maps of an attachment. */
export async function expectFreed(attachment: Attachment): Promise<void> {
  await eventually(`the kernel to free ${attachment.name}`, async () => {
    const programs = new Set((await kernelObjects('prog')).map(({ id }) => id));
    const maps = new Set((await kernelObjects('map')).map(({ id }) => id));
    const left = [
      ...attachment.programs.filter(({ id }) => programs.has(id)),
      ...attachment.maps.filter(({ id }) => maps.has(id)),
    ];
    return left.length === 0 ? true : undefined;
  });
}

/** Programs attached to a cgroup, as bpftool sees them. */
export async function cgroupPrograms(cgroup: string): Promise<string> {
  return (await run('bpftool', ['cgroup', 'show', cgroup])).trim();
}

export function isKind(failure: Failure, kind: AgentErrorKind): boolean {
  return failure.data.kind === kind;
}
