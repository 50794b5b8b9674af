// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import * as v from 'valibot';
import {
  agentResults,
  type AgentMethod,
  type AgentResult,
  type PairingChoice,
} from '../../extension/protocol/agent';
import { checkout } from '../rig/checkout';
import { execute, here, type Machine, type Output } from './machine';

export const datapathObject = join(checkout, 'dist', 'bpf', 'sockmap.bpf.o');

/** Where a machine has its agent. */
export const agentFile = (machine: Machine): Promise<string> =>
  machine.deliver(join(checkout, 'dist', 'agent', machine.arch, 'sockmap-agent'));

/** Runs a machine's agent to its end, whatever its exit code. */
export async function runAgentOn(machine: Machine, ...args: string[]): Promise<Output> {
  return execute(machine, await agentFile(machine), ...args);
}

/** Runs the agent of the machine that we run on. */
export const runAgent = (...args: string[]): Promise<Output> => runAgentOn(here, ...args);

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

/** The command line of a machine's agent. Files are ours: they are delivered. */
export function agentOn(machine: Machine) {
  /** Runs a command with --json and checks its answer against the protocol. */
  async function json<M extends AgentMethod>(
    method: M,
    args: readonly string[],
    expectedCodes: readonly number[] = [0],
  ): Promise<AgentResult<M>> {
    const { code, stdout, stderr } = await runAgentOn(machine, ...args, '--json');
    if (!expectedCodes.includes(code)) {
      throw new Error(
        `sockmap-agent ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`,
      );
    }
    return v.parse(agentResults[method], JSON.parse(stdout));
  }

  return {
    attach: async ({
      object = datapathObject,
      cgroup,
      name,
      pairing,
      maxSockets,
      edgeReaders,
      policy,
    }: AttachOptions) =>
      json('attach', [
        ...['attach', '--object', await machine.deliver(object), '--cgroup', cgroup, '--name', name],
        ...(pairing === undefined ? [] : ['--pairing', pairing]),
        ...(maxSockets === undefined ? [] : ['--max-sockets', String(maxSockets)]),
        ...(edgeReaders === true ? ['--edge-readers'] : []),
        ...(policy === undefined ? [] : ['--policy', await machine.deliver(policy)]),
      ]),
    /** Resolves also when the drain timed out: `removed` is false then. */
    detach: (name: string, drainTimeoutSeconds = 10, ...more: string[]) =>
      json(
        'detach',
        ['detach', '--name', name, '--drain-timeout', String(drainTimeoutSeconds), ...more],
        [0, 15],
      ),
    status: () => json('status', ['status']),
    stats: (name: string) => json('stats', ['stats', '--name', name]),
    policySet: async (name: string, file: string) =>
      json('policySet', ['policy', 'set', await machine.deliver(file), '--name', name]),
    policyShow: (name: string) => json('policyGet', ['policy', 'show', '--name', name]),
    policyClear: (name: string) => json('policySet', ['policy', 'clear', '--name', name]),
    sockets: (name: string) => json('sockets', ['sockets', '--name', name]),
    mapEntries: (id: number) => json('mapEntries', ['map', String(id)]),
  };
}
