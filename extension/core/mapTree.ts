// SPDX-License-Identifier: Apache-2.0
/** What the Map Explorer shows, as plain nodes with stable ids; the ui renders them. */
import type { Attachment, MapEntriesResult, MapInfo } from '../protocol/agent';
import { formatDecoded } from './format';
import { type Socket, dropRepeats, pairUp } from './sockets';

export type MapNode =
  | { readonly kind: 'host'; readonly id: string; readonly hostId: string }
  | MapItemNode
  | { readonly kind: 'otherMaps'; readonly id: string; readonly hostId: string; readonly count: number }
  | SocketNode
  | EntryNode
  | {
      readonly kind: 'more';
      readonly id: string;
      readonly hostId: string;
      readonly mapId: number;
      readonly shown: number;
      readonly total: number;
    }
  | {
      readonly kind: 'note';
      readonly id: string;
      readonly hostId: string;
      readonly mapId?: number;
      readonly note: MapNote;
      readonly message?: string;
    };

/** `empty`: nothing in a map, `filtered`: nothing that matches, `noSockmap`: none on the host. */
export type MapNote = 'loading' | 'empty' | 'filtered' | 'noSockmap' | 'error';

export interface MapItemNode {
  readonly kind: 'map';
  readonly id: string;
  readonly hostId: string;
  readonly mapId: number;
  readonly attachment?: string;
  readonly info: MapInfo;
  /** Under "Other Maps". */
  readonly other: boolean;
  readonly sockets: boolean;
}

export interface SocketNode {
  readonly kind: 'socket';
  readonly id: string;
  readonly hostId: string;
  readonly mapId: number;
  readonly socket: Socket;
}

export interface EntryNode {
  readonly kind: 'entry';
  readonly id: string;
  readonly hostId: string;
  readonly mapId: number;
  readonly key: string;
  readonly value: string | undefined;
}

const SOCKET_MAPS: ReadonlySet<string> = new Set(['sockmap', 'sockhash']);

export function holdsSockets(map: { readonly type: string }): boolean {
  return SOCKET_MAPS.has(map.type);
}

export interface HostMaps {
  readonly hostId: string;
  readonly maps: readonly MapInfo[];
  readonly attachments: readonly Attachment[];
}

export function hostNode(hostId: string): MapNode {
  return { kind: 'host', id: hostId, hostId };
}

/**
 * First level below a host: sockmaps (those of attachments first) or a line that there is none, maps of
 * attachments that have no sockmap, then one group with the others: hosts have dozens of maps that are no
 * business of ours.
 */
export function hostMapNodes(host: HostMaps): readonly MapNode[] {
  const maps = sortedMaps(host);
  const leading = maps.filter(map => isLeading(host, map));
  return [
    ...(maps.some(holdsSockets) ? [] : [noteNode(host.hostId, undefined, 'noSockmap')]),
    ...leading.map(info => mapNode(host.hostId, info, false)),
    ...(leading.length === maps.length ? [] : [otherMapsNode(host)]),
  ];
}

export function otherMapNodes(host: HostMaps): readonly MapItemNode[] {
  return sortedMaps(host)
    .filter(map => !isLeading(host, map))
    .map(info => mapNode(host.hostId, info, true));
}

/** The node of a map, on whichever level it is. */
export function findMapNode(host: HostMaps, mapId: number): MapItemNode | undefined {
  const info = host.maps.find(map => map.id === mapId);
  return info === undefined ? undefined : mapNode(host.hostId, info, !isLeading(host, info));
}

function isLeading(host: HostMaps, map: MapInfo): boolean {
  const owner = host.attachments.find(attachment => attachment.name === map.attachment);
  return holdsSockets(map) || owner?.sockmapId === null;
}

/** The group of {@link otherMapNodes}. */
export function otherMapsNode(host: HostMaps): MapNode {
  const count = host.maps.filter(map => !isLeading(host, map)).length;
  return { kind: 'otherMaps', id: `${host.hostId}/other`, hostId: host.hostId, count };
}

function mapNode(hostId: string, info: MapInfo, other: boolean): MapItemNode {
  return {
    kind: 'map',
    id: `${hostId}/map:${info.id}`,
    hostId,
    mapId: info.id,
    ...(info.attachment === null ? {} : { attachment: info.attachment }),
    info,
    other,
    sockets: holdsSockets(info),
  };
}

/** Maps of attachments first, in the attachments' order, the one that sk_msg sits on leading. */
function sortedMaps(host: HostMaps): readonly MapInfo[] {
  const rank = (map: MapInfo): number => {
    const index = host.attachments.findIndex(a => a.name === map.attachment);
    const main = host.attachments[index]?.sockmapId === map.id;
    return index < 0 ? Number.MAX_SAFE_INTEGER : index * 2 + (main ? 0 : 1);
  };
  return [...host.maps].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}

/** A window on a map's sockets. */
export interface SocketWindow {
  readonly total: number;
  readonly matched: number;
  readonly sockets: readonly Socket[];
  /** A person chose an order: pairs are not moved together. */
  readonly sorted: boolean;
}

export function socketNodes(hostId: string, mapId: number, window: SocketWindow): readonly MapNode[] {
  const sockets = window.sorted ? dropRepeats(window.sockets) : pairUp(window.sockets);
  if (sockets.length === 0) {
    return [noteNode(hostId, mapId, window.total > 0 ? 'filtered' : 'empty')];
  }
  const nodes: MapNode[] = sockets.map(socket => ({
    kind: 'socket',
    id: `${hostId}/map:${mapId}/socket:${socket.cookie}`,
    hostId,
    mapId,
    socket,
  }));
  if (window.sockets.length < window.matched) {
    nodes.push(moreNode(hostId, mapId, window.sockets.length, window.matched));
  }
  return nodes;
}

export function entryNodes(hostId: string, result: MapEntriesResult): readonly MapNode[] {
  const mapId = result.map.id;
  if (result.entries.length === 0) {
    return [noteNode(hostId, mapId, 'empty')];
  }
  const nodes: MapNode[] = result.entries.map((entry, index) => ({
    kind: 'entry',
    // A hash may be changed while it is read and then give a key twice.
    id: `${hostId}/map:${mapId}/entry:${result.offset + index}:${entry.key.hex}`,
    hostId,
    mapId,
    key: formatDecoded(entry.key),
    value: entry.value === null ? undefined : formatDecoded(entry.value),
  }));
  if (result.entries.length < result.total) {
    nodes.push(moreNode(hostId, mapId, result.entries.length, result.total));
  }
  return nodes;
}

function moreNode(hostId: string, mapId: number, shown: number, total: number): MapNode {
  return { kind: 'more', id: `${hostId}/map:${mapId}/more`, hostId, mapId, shown, total };
}

export function noteNode(
  hostId: string,
  mapId: number | undefined,
  note: MapNote,
  message?: string,
): MapNode {
  return {
    kind: 'note',
    id: mapId === undefined ? `${hostId}/note` : `${hostId}/map:${mapId}/note`,
    hostId,
    ...(mapId === undefined ? {} : { mapId }),
    note,
    ...(message === undefined ? {} : { message }),
  };
}
