// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import {
  agentResults,
  type AgentMethod,
  type AgentResult,
  type PairingChoice,
} from '../../extension/protocol/agent';
import { checkout } from '../rig/checkout';

const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
export const agentPath = join(checkout, 'dist', 'agent', arch, 'sockmap-agent');
export const datapathObject = join(checkout, 'dist', 'bpf', 'sockmap.bpf.o');

export interface AgentOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the agent's command line to its end, whatever its exit code. */
export function runAgent(...args: string[]): Promise<AgentOutput> {
  return new Promise((resolve, reject) => {
    execFile(agentPath, args, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`cannot run ${agentPath}: ${error?.message ?? 'no exit code'}`));
    });
  });
}

/** Runs a command with --json and checks its answer against the protocol; it must end with `expectedCode`. */
async function agentJson<M extends AgentMethod>(
  method: M,
  args: readonly string[],
  expectedCodes: readonly number[] = [0],
): Promise<AgentResult<M>> {
  const { code, stdout, stderr } = await runAgent(...args, '--json');
  if (!expectedCodes.includes(code)) {
    throw new Error(`sockmap-agent ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  }
  return v.parse(agentResults[method], JSON.parse(stdout));
}

export interface AttachOptions {
  readonly object?: string;
  readonly cgroup: string;
  readonly name: string;
  readonly pairing?: PairingChoice;
  readonly maxSockets?: number;
  readonly edgeReaders?: boolean;
  /** A file. */
  readonly policy?: string;
}

export const agent = {
  attach: ({
    object = datapathObject,
    cgroup,
    name,
    pairing,
    maxSockets,
    edgeReaders,
    policy,
  }: AttachOptions) =>
    agentJson('attach', [
      ...['attach', '--object', object, '--cgroup', cgroup, '--name', name],
      ...(pairing === undefined ? [] : ['--pairing', pairing]),
      ...(maxSockets === undefined ? [] : ['--max-sockets', String(maxSockets)]),
      ...(edgeReaders === true ? ['--edge-readers'] : []),
      ...(policy === undefined ? [] : ['--policy', policy]),
    ]),
  /** Resolves also when the drain timed out: `removed` is false then. */
  detach: (name: string, drainTimeoutSeconds = 10, ...more: string[]) =>
    agentJson(
      'detach',
      ['detach', '--name', name, '--drain-timeout', String(drainTimeoutSeconds), ...more],
      [0, 15],
    ),
  status: () => agentJson('status', ['status']),
  stats: (name: string) => agentJson('stats', ['stats', '--name', name]),
  policySet: (name: string, file: string) => agentJson('policySet', ['policy', 'set', file, '--name', name]),
  policyShow: (name: string) => agentJson('policyGet', ['policy', 'show', '--name', name]),
  policyClear: (name: string) => agentJson('policySet', ['policy', 'clear', '--name', name]),
  sockets: (name: string) => agentJson('sockets', ['sockets', '--name', name]),
  mapEntries: (id: number) => agentJson('mapEntries', ['map', String(id)]),
};
