// SPDX-License-Identifier: Apache-2.0
import { release } from 'node:os';
import * as v from 'valibot';
import { inject } from 'vitest';
import type { Attachment, StatsResult } from '../../extension/protocol/agent';
import { agentOn, type AttachOptions, runAgentOn } from '../support/agentCli';
import * as cgroups from '../support/cgroup';
import type { Cleanup } from '../support/cleanup';
import { eventually, testName } from '../support/cleanup';
import { here, type Machine, runOn } from '../support/machine';
import * as namespaces from '../support/netns';
import { Traffic, type TrafficEvent } from '../support/traffic';
import { type Lack, vmMachine } from '../support/vmMachine';

const vm = inject('vm');

/** Where the datapath runs: the kernel of this vitest project. */
export const machine: Machine = vm === undefined ? here : vmMachine(vm);

export const agent = agentOn(machine);
export const runAgent = (...args: string[]) => runAgentOn(machine, ...args);
export const createCgroup = (label: string) => cgroups.createCgroup(label, machine);

/** A network namespace that goes when `cleanup` runs. */
export async function createNetns(cleanup: Cleanup, label: string): Promise<namespaces.TestNetns> {
  const netns = await namespaces.createNetns(label, machine);
  cleanup.add(() => netns.remove());
  return netns;
}

export const run = (command: string, ...args: string[]) => runOn(machine, command, ...args);
export const startTraffic = (args: readonly string[]) => Traffic.start(args, machine);

function lacksOf(kernel: string): readonly Lack[] {
  const [major = 0, minor = 0] = kernel.split('.').map(part => Number.parseInt(part, 10));
  const older = (than: number): boolean => major < 6 || (major === 6 && minor < than);
  return [...(older(10) ? (['peekOffset'] as const) : []), ...(older(1) ? (['nudges'] as const) : [])];
}

/** What the kernel of this project lacks; the tests of that assert the lack. */
export const LACKS: ReadonlySet<Lack> = new Set(vm?.lacks ?? lacksOf(release()));

/** For connections that are looked at once while all are open. */
export const HOLD: readonly string[] = ['--hold', String(machine.lookSeconds)];

/** So many where the machine is quick. */
export const scaled = (count: number): number => Math.max(1, Math.round(count / machine.slowness));

/** Runs the traffic tool to its end. */
export async function traffic(...args: string[]): Promise<TrafficEvent> {
  return (await startTraffic(args)).done();
}

/** The datapath, attached to a cgroup of its own. */
export interface Datapath {
  readonly cgroup: string;
  readonly attachment: Attachment;
  stats(): Promise<StatsResult>;
  /** Entries of a map of ours, by its name. */
  entries(map: string): Promise<number>;
  /** Waits for closed sockets to leave, then says what is still kept about any. */
  leftovers(): Promise<Leftovers>;
}

export interface Leftovers {
  readonly sockets: number;
  readonly handshakes: number;
  readonly tuples: number;
}

/** What `leftovers` says when nothing is left. */
export const NOTHING: Leftovers = { sockets: 0, handshakes: 0, tuples: 0 };

async function newCgroup(cleanup: Cleanup, label: string): Promise<string> {
  const cgroup = await createCgroup(label);
  cleanup.add(() => cgroup.remove());
  return cgroup.path;
}

/** What an attach may choose; `cgroup` is a new one when not given. */
export type DatapathOptions = Partial<Omit<AttachOptions, 'name'>>;

/** Attaches; `cleanup` takes it off again. */
export async function attachDatapath(
  cleanup: Cleanup,
  label: string,
  options: DatapathOptions = {},
): Promise<Datapath> {
  const { cgroup = await newCgroup(cleanup, label) } = options;
  const name = testName(label);
  const attachment = await agent.attach({ ...options, cgroup, name });
  cleanup.add(async () => {
    const { attachments } = await agent.status();
    if (attachments.some(other => other.name === name)) await agent.detach(name, 2, '--force');
  });

  const entries = async (map: string): Promise<number> => {
    const id = attachment.maps.find(candidate => candidate.name === map)?.id;
    if (id === undefined) throw new Error(`The attachment has no map ${map}.`);
    return (await agent.mapEntries(id)).total;
  };
  const count = async (): Promise<Leftovers> => ({
    sockets: await entries('sm_sockets'),
    handshakes: await entries('sm_handshakes'),
    tuples: await entries('sm_tuples'),
  });
  const leftovers = async (): Promise<Leftovers> => {
    try {
      return await eventually('empty maps', async () => {
        const now = await count();
        return now.sockets + now.handshakes + now.tuples === 0 ? now : undefined;
      });
    } catch {
      return count();
    }
  };
  return { cgroup, attachment, stats: () => agent.stats(name), entries, leftovers };
}

const objects = v.array(v.looseObject({ id: v.number() }));

/** Ids of the kernel's programs or maps, as bpftool, which is not ours, sees them. */
async function kernelIds(kind: 'prog' | 'map'): Promise<ReadonlySet<number>> {
  const list = v.parse(objects, JSON.parse(await run('bpftool', '-j', kind, 'list')));
  return new Set(list.map(object => object.id));
}

/** Waits until the kernel has nothing of a detached attachment any more. */
export async function freed(attachment: Attachment): Promise<void> {
  await eventually('the kernel to free programs and maps', async () => {
    const programs = await kernelIds('prog');
    const maps = await kernelIds('map');
    const left =
      attachment.programs.some(program => programs.has(program.id)) ||
      attachment.maps.some(map => maps.has(map.id));
    return left ? undefined : true;
  });
}

/** Writes an entry of an array of ours, as any user space may at any time. */
async function writeEntry(datapath: Datapath, map: string, value: Buffer): Promise<void> {
  const id = datapath.attachment.maps.find(({ name }) => name === map)?.id;
  if (id === undefined) throw new Error(`The attachment has no ${map}.`);
  const hex = [...value].map(byte => byte.toString(16));
  const update = `map update id ${id} key hex 0 0 0 0 value hex ${hex.join(' ')}`;
  await run('bpftool', ...update.split(' '));
}

/** Writes sm_config anew, as any user space may at any time. `queueLimit` in bytes, 0: the default; `streamMs`: Infinity for never. */
export async function setConfig(
  datapath: Datapath,
  {
    enabled = true,
    queueLimit = 0,
    streamMs = 0,
  }: { enabled?: boolean; queueLimit?: number; streamMs?: number },
): Promise<void> {
  const value = Buffer.alloc(24);
  value.writeUInt32LE(1, 0);
  value.writeUInt32LE(enabled ? 1 : 0, 4);
  value.writeUInt32LE(queueLimit, 8);
  const never = 2n ** 64n - 1n;
  value.writeBigUInt64LE(Number.isFinite(streamMs) ? BigInt(Math.round(streamMs * 1e6)) : never, 16);
  await writeEntry(datapath, 'sm_config', value);
}

/** As on a kernel that does not show who uses splice(): the first message to a reader is redirected. */
export const watchNoSplice = (datapath: Datapath) => writeEntry(datapath, 'sm_splicing', Buffer.alloc(8));

/**
 * From here on every connection may end on this host, for all that the datapath knows, as if SYNs from elsewhere
 * arrived all the time: entry SM_ANY_PORT of sm_ports lies some days ahead.
 */
export async function keepInDoubt(datapath: Datapath): Promise<void> {
  const seconds = Number((await run('cat', '/proc/uptime')).split(' ')[0]);
  const value = Buffer.alloc(16);
  value.writeUInt32LE(Math.floor((seconds * 1e9) / 2 ** 20) + 2 ** 29, 4);
  await writeEntry(datapath, 'sm_ports', value);
}
