// SPDX-License-Identifier: Apache-2.0
/** What the Hosts view shows, as plain nodes with stable ids; the ui renders them. */
import type { Attachment, MapInfo, ProgramInfo } from '../protocol/agent';

export type HostsNode =
  | { readonly kind: 'host'; readonly id: string; readonly hostId: string }
  | {
      /** Something to know about a host. */
      readonly kind: 'note';
      readonly id: string;
      readonly hostId: string;
      readonly note: 'problem' | 'limitation' | 'noAttachments' | 'loading';
      readonly message: string;
      readonly detail?: string;
    }
  | AttachmentNode
  | {
      readonly kind: 'program';
      readonly id: string;
      readonly hostId: string;
      /** Of its attachment. */
      readonly attachment?: string;
      readonly programId: number;
      readonly name: string;
      readonly type: string;
      readonly attachedTo: string | null;
      readonly info: ProgramInfo | undefined;
    }
  | {
      readonly kind: 'attachmentMap';
      readonly id: string;
      readonly hostId: string;
      readonly attachment: string;
      readonly mapId: number;
      readonly name: string;
      readonly type: string;
      readonly sockets: boolean;
    }
  | { readonly kind: 'otherPrograms'; readonly id: string; readonly hostId: string; readonly count: number }
  | {
      readonly kind: 'programType';
      readonly id: string;
      readonly hostId: string;
      readonly type: string;
      readonly count: number;
    };

export interface AttachmentNode {
  readonly kind: 'attachment';
  readonly id: string;
  readonly hostId: string;
  readonly attachment: string;
  readonly info: Attachment;
}

export interface HostContents {
  readonly hostId: string;
  readonly attachments: readonly Attachment[];
  readonly programs: readonly ProgramInfo[];
}

export function attachmentId(hostId: string, name: string): string {
  return `${hostId}/at:${name}`;
}

export function attachmentNode(hostId: string, info: Attachment): AttachmentNode {
  return { kind: 'attachment', id: attachmentId(hostId, info.name), hostId, attachment: info.name, info };
}

/** An attachment opens into its programs, then its maps with the sockmap leading. */
export function attachmentChildren(host: HostContents, name: string): readonly HostsNode[] {
  const attachment = host.attachments.find(a => a.name === name);
  if (attachment === undefined) {
    return [];
  }
  const maps: readonly Pick<MapInfo, 'id' | 'name' | 'type'>[] = attachment.maps;
  const main = maps.filter(m => m.id === attachment.sockmapId);
  const rest = maps.filter(m => m.id !== attachment.sockmapId);
  return [
    ...attachment.programs.map((p): HostsNode => ({
      kind: 'program',
      id: `${host.hostId}/at:${name}/prog:${p.id}`,
      hostId: host.hostId,
      attachment: name,
      programId: p.id,
      name: p.name,
      type: p.type,
      attachedTo: p.attachedTo,
      info: host.programs.find(info => info.id === p.id),
    })),
    ...[...main, ...rest].map((m): HostsNode => ({
      kind: 'attachmentMap',
      id: `${host.hostId}/at:${name}/map:${m.id}`,
      hostId: host.hostId,
      attachment: name,
      mapId: m.id,
      name: m.name,
      type: m.type,
      sockets: m.type === 'sockmap' || m.type === 'sockhash',
    })),
  ];
}

/** Programs that belong to no attachment of ours. */
function otherPrograms(host: HostContents): readonly ProgramInfo[] {
  const ours = new Set(host.attachments.flatMap(a => a.programs.map(p => p.id)));
  return host.programs.filter(p => p.attachment === null && !ours.has(p.id));
}

export function otherProgramsNode(host: HostContents): HostsNode | undefined {
  const count = otherPrograms(host).length;
  return count === 0
    ? undefined
    : { kind: 'otherPrograms', id: `${host.hostId}/other`, hostId: host.hostId, count };
}

export function programTypeNodes(host: HostContents): readonly HostsNode[] {
  const counts = new Map<string, number>();
  for (const { type } of otherPrograms(host)) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, count]) => ({
      kind: 'programType',
      id: `${host.hostId}/other/${type}`,
      hostId: host.hostId,
      type,
      count,
    }));
}

export function programsOfType(host: HostContents, type: string): readonly HostsNode[] {
  return otherPrograms(host)
    .filter(p => p.type === type)
    .sort((a, b) => a.id - b.id)
    .map(p => ({
      kind: 'program',
      id: `${host.hostId}/other/${type}/prog:${p.id}`,
      hostId: host.hostId,
      programId: p.id,
      name: p.name,
      type: p.type,
      attachedTo: null,
      info: p,
    }));
}
