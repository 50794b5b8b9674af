// SPDX-License-Identifier: Apache-2.0
import type { Attachment, StatsResult } from '../../extension/protocol/agent';
import { agent } from '../support/agentCli';
import { createCgroup } from '../support/cgroup';
import type { Cleanup } from '../support/cleanup';
import { eventually, testName } from '../support/cleanup';

/** The datapath, attached to a cgroup of its own. */
export interface Datapath {
  readonly cgroup: string;
  readonly attachment: Attachment;
  stats(): Promise<StatsResult>;
  /** Entries of a map of ours, by its name. */
  entries(map: string): Promise<number>;
  /** Waits for closed sockets to leave, then says what is still kept about any. */
  leftovers(): Promise<{ sockets: number; handshakes: number }>;
}

/** Attaches; `cleanup` takes it off again. `object`: another build of it. */
export async function attachDatapath(cleanup: Cleanup, label: string, object?: string): Promise<Datapath> {
  const cgroup = await createCgroup(label);
  cleanup.add(() => cgroup.remove());
  const name = testName(label);
  const attachment = await agent.attach({
    cgroup: cgroup.path,
    name,
    ...(object === undefined ? {} : { object }),
  });
  cleanup.add(async () => {
    const { attachments } = await agent.status();
    if (attachments.some(other => other.name === name)) await agent.detach(name, 2, '--force');
  });

  const entries = async (map: string): Promise<number> => {
    const id = attachment.maps.find(candidate => candidate.name === map)?.id;
    if (id === undefined) throw new Error(`The attachment has no map ${map}.`);
    return (await agent.mapEntries(id)).total;
  };
  const count = async (): Promise<{ sockets: number; handshakes: number }> => ({
    sockets: await entries('sm_sockets'),
    handshakes: await entries('sm_handshakes'),
  });
  const leftovers = async (): Promise<{ sockets: number; handshakes: number }> => {
    try {
      return await eventually('empty maps', async () => {
        const now = await count();
        return now.sockets + now.handshakes === 0 ? now : undefined;
      });
    } catch {
      return count();
    }
  };
  return { cgroup: cgroup.path, attachment, stats: () => agent.stats(name), entries, leftovers };
}
