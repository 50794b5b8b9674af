// SPDX-License-Identifier: Apache-2.0
import {
  SOCKET_COLUMNS,
  STACK_REASONS,
  type SocketColumn,
  type SocketRow,
  type StackReason,
} from '../protocol/agent';
import { formatCount, formatEndpoint } from './format';
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
  /** Messages through the stack; a reason that has none is left out. */
  readonly reasons: { readonly [R in StackReason]?: number | undefined } | null;
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
    reasons,
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
    reasons,
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

/**
 * Every column and its value as text, for tooltips and the clipboard; nulls left out, and so are reasons when there
 * are none. `name` puts a reason into words.
 */
export function socketFields(
  s: Socket,
  name: (reason: StackReason) => string = reason => reason,
): readonly (readonly [SocketColumn, string])[] {
  const fields: (readonly [SocketColumn, string])[] = [];
  for (const column of SOCKET_COLUMNS) {
    const value = column === 'reasons' ? reasonsText(s, name) : s[column];
    if (value !== null) {
      fields.push([column, String(value)]);
    }
  }
  return fields;
}

/** `order 12, backpressure 3`, most frequent first; null when every message was redirected or nobody counted. */
function reasonsText(s: Socket, name: (reason: StackReason) => string): string | null {
  const counts = STACK_REASONS.map(reason => ({ reason, messages: s.reasons?.[reason] ?? 0 }));
  const seen = counts.filter(({ messages }) => messages > 0).sort((a, b) => b.messages - a.messages);
  return seen.length === 0
    ? null
    : seen.map(({ reason, messages }) => `${name(reason)} ${formatCount(messages)}`).join(', ');
}
