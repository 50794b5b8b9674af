// SPDX-License-Identifier: Apache-2.0
import { SOCKET_COLUMNS, type SocketColumn, type SocketRow, type StackReason } from '../protocol/agent';
import { formatEndpoint } from './format';
import { type Rate, rateOf } from './hitRate';

/** One packed row, by column name. */
export interface Socket {
  readonly cookie: number;
  readonly peerCookie: number | null;
  readonly family: 4 | 6;
  readonly state: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly netns: number;
  readonly inode: number;
  readonly pid: number | null;
  readonly command: string | null;
  readonly cgroup: string | null;
  readonly queuedBytes: number | null;
  readonly redirectedMessages: number | null;
  readonly redirectedBytes: number | null;
  readonly stackMessages: number | null;
  readonly stackBytes: number | null;
  readonly lastReason: StackReason | null;
}

export function unpackSocket(row: SocketRow): Socket {
  const [
    cookie,
    peerCookie,
    family,
    state,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    netns,
    inode,
    pid,
    command,
    cgroup,
    queuedBytes,
    redirectedMessages,
    redirectedBytes,
    stackMessages,
    stackBytes,
    lastReason,
  ] = row;
  return {
    cookie,
    peerCookie,
    family,
    state,
    localAddress,
    localPort,
    remoteAddress,
    remotePort,
    netns,
    inode,
    pid,
    command,
    cgroup,
    queuedBytes,
    redirectedMessages,
    redirectedBytes,
    stackMessages,
    stackBytes,
    lastReason,
  };
}

/** `10.0.0.1:40000 → 10.0.0.2:80`; an address that is the same at both ends is written once, side bars are narrow. */
export function socketLabel(s: Socket): string {
  const remote =
    s.remoteAddress === s.localAddress ? `:${s.remotePort}` : formatEndpoint(s.remoteAddress, s.remotePort);
  return `${formatEndpoint(s.localAddress, s.localPort)} → ${remote}`;
}

/** Counters of the sending direction; undefined when the datapath does not count. */
export function socketRate(s: Socket): Rate | undefined {
  if (
    s.redirectedMessages === null ||
    s.redirectedBytes === null ||
    s.stackMessages === null ||
    s.stackBytes === null
  ) {
    return undefined;
  }
  return rateOf(
    { messages: s.redirectedMessages, bytes: s.redirectedBytes },
    { messages: s.stackMessages, bytes: s.stackBytes },
  );
}

/**
 * The rows of a window with both ends of a pair side by side, in the order in which the first of the two
 * came. A sockhash iterator may show an entry twice where its buffer wraps: repeats are dropped.
 */
export function pairUp(sockets: readonly Socket[]): readonly Socket[] {
  const byCookie = new Map(sockets.map(s => [s.cookie, s]));
  const ordered: Socket[] = [];
  const take = (cookie: number | null) => {
    const socket = cookie === null ? undefined : byCookie.get(cookie);
    if (socket !== undefined) {
      byCookie.delete(socket.cookie);
      ordered.push(socket);
    }
  };
  for (const { cookie, peerCookie } of sockets) {
    if (byCookie.has(cookie)) {
      take(cookie);
      take(peerCookie);
    }
  }
  return ordered;
}

/** The same without grouping, where a person chose an order. */
export function dropRepeats(sockets: readonly Socket[]): readonly Socket[] {
  return [...new Map(sockets.map(s => [s.cookie, s])).values()];
}

/** Every column and its value as text, for tooltips and the clipboard; nulls left out. */
export function socketFields(s: Socket): readonly (readonly [SocketColumn, string])[] {
  const fields: (readonly [SocketColumn, string])[] = [];
  for (const column of SOCKET_COLUMNS) {
    const value = s[column];
    if (value !== null) {
      fields.push([column, String(value)]);
    }
  }
  return fields;
}
