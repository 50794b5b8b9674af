// SPDX-License-Identifier: Apache-2.0
/**
 * The language between the extension and `sockmap-agent serve`: JSON-RPC 2.0 in LSP base framing
 * (`Content-Length` headers) on stdin and stdout. Before the first frame the agent prints one line,
 * see {@link ./handshake}. `verify`, `attach` and `detach` run one after another, and beside them all other
 * requests, one after another as well, but each `capture` on its own, a few at a time. `$/cancelRequest` ends a
 * running or waiting one with {@link AGENT_ERROR_CODES}.cancelled, but a `capture` with its result; `$/progress`
 * reports stages for a `progressToken`, under which `$/data` brings what a `capture` writes.
 *
 * Objects may carry keys that are not listed here (a newer agent): they are ignored.
 * All sizes are bytes, all durations milliseconds, all instants ISO 8601 UTC, unless named otherwise.
 * Cookies, ids and counters are JSON integers: kernel socket cookies count up from 1 and stay far below 2^53.
 */
import * as v from 'valibot';

/** Raised whenever an older side would misread a newer one. */
export const AGENT_PROTOCOL_VERSION = 1;

const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const flags = v.record(v.string(), v.boolean());

/**
 * Why a message was not redirected; the order is that of `enum sm_verdict` in bpf/include/sockmap_abi.h,
 * from SM_NO_PEER on.
 */
export const STACK_REASONS = [
  'noPeer',
  'order',
  'backpressure',
  'peerGone',
  'disabled',
  'mapFull',
  'policy',
  'excluded',
  'error',
  'stream',
  'first',
] as const;
export type StackReason = (typeof STACK_REASONS)[number];

/** What `data.kind` of an agent error may say; the JSON-RPC `code` is AGENT_ERROR_CODES[kind]. */
export const AGENT_ERROR_CODES = {
  invalidParams: -32602,
  cancelled: -32800,
  /** The caller lacks root or the capabilities named in the message. */
  notPermitted: -32001,
  /** No cgroup v2 mount, or the path is not a cgroup v2 directory. */
  noCgroup: -32002,
  /** No bpffs is mounted and it cannot be mounted. */
  noBpffs: -32003,
  /** Not an ELF file, no BPF object, or nothing in it that can be attached. */
  badObject: -32004,
  /** The verifier refused a program; `data.program` and `data.log` are set. */
  verifierRejected: -32005,
  /** An attachment of that name exists. */
  exists: -32006,
  /** No such attachment, map or program. */
  notFound: -32007,
  /** Another owner's program sits where ours must go (EBUSY). */
  busy: -32008,
  /** The kernel lacks a feature that is needed. */
  unsupported: -32009,
  /** Several sockmaps and no choice, or a choice that is not there: `data.choices` lists them. */
  ambiguous: -32010,
  /** A system call failed; `data.errno` is its name. */
  system: -32011,
  protocol: -32012,
  /** A policy with a mistake; `data.line` and `data.column` say where, both from 1. */
  badPolicy: -32013,
} as const;
export type AgentErrorKind = keyof typeof AGENT_ERROR_CODES;

/** `error.data` of a failed request; `error.message` is one clear sentence without the action. */
export const agentErrorData = v.object({
  kind: v.picklist(Object.keys(AGENT_ERROR_CODES) as AgentErrorKind[]),
  /** What the person can do, one sentence. */
  action: v.optional(v.string()),
  errno: v.optional(v.string()),
  program: v.optional(v.string()),
  /** Verifier or libbpf log, whole. */
  log: v.optional(v.string()),
  choices: v.optional(v.array(v.string())),
  line: v.optional(uint),
  column: v.optional(uint),
});
export type AgentErrorData = v.InferOutput<typeof agentErrorData>;

/** A BPF object file: on the agent's host, or sent along (`data` is base64, `name` its base name). */
export const objectRef = v.union([
  v.object({ path: v.string() }),
  v.object({ name: v.string(), data: v.string() }),
]);
export type ObjectRef = v.InferOutput<typeof objectRef>;

export const initializeResult = v.object({
  agentVersion: v.string(),
  protocol: uint,
  pid: uint,
  uid: uint,
  hostname: v.string(),
  /** `uname -r` and `uname -m`. */
  kernel: v.string(),
  arch: v.string(),
  /** Mount points, null when not mounted (bpffs: and could not be mounted). */
  bpffs: v.nullable(v.string()),
  cgroup2: v.nullable(v.string()),
  /** False when this user may not load programs; `problems` then says why. */
  canLoad: v.boolean(),
  problems: v.array(v.object({ message: v.string(), action: v.string() })),
});

export const kernelBug = v.object({
  /** e.g. `fionread`. */
  id: v.string(),
  /** null: could not be tried. */
  present: v.nullable(v.boolean()),
  summary: v.string(),
  fix: v.string(),
});

export const probeResult = v.object({
  kernel: v.string(),
  arch: v.string(),
  btf: v.boolean(),
  /** Value of net.core.bpf_jit_enable, null when unreadable. */
  jit: v.nullable(uint),
  bpffs: v.nullable(v.string()),
  cgroup2: v.nullable(v.string()),
  /** Effective capabilities of the agent among those that BPF needs, e.g. `cap_bpf`. */
  capabilities: flags,
  programTypes: flags,
  mapTypes: flags,
  /** Program type -> helper -> usable; only helpers that a sockmap datapath meets. */
  helpers: v.record(v.string(), flags),
  bugs: v.array(kernelBug),
});

export const cgroupsResult = v.object({
  /** Mount point of cgroup v2. */
  root: v.string(),
  /** Paths below the root, `/` first, sorted; at most `limit`. */
  cgroups: v.array(v.object({ path: v.string(), processes: uint })),
  total: uint,
});
export type CgroupsResult = v.InferOutput<typeof cgroupsResult>;

export const verifiedProgram = v.object({
  name: v.string(),
  section: v.string(),
  /** Kernel name of the type, e.g. `sock_ops`. */
  type: v.string(),
  ok: v.boolean(),
  /** One sentence: the verifier's last complaint; null when ok. */
  error: v.nullable(v.string()),
  /** Instructions in the object. */
  insns: uint,
  /** From the log's `processed N insns` line, null when the log has none. */
  insnsProcessed: v.nullable(uint),
  log: v.string(),
});
export const verifyResult = v.object({ object: v.string(), programs: v.array(verifiedProgram) });
export type VerifiedProgram = v.InferOutput<typeof verifiedProgram>;
export type VerifyResult = v.InferOutput<typeof verifyResult>;

export const programInfo = v.object({
  id: uint,
  type: v.string(),
  name: v.string(),
  tag: v.string(),
  loadedAt: v.nullable(v.string()),
  uid: uint,
  xlatedBytes: uint,
  jitedBytes: uint,
  memoryBytes: uint,
  /** Zero unless kernel.bpf_stats_enabled is on. */
  runCount: uint,
  runTimeNs: uint,
  mapIds: v.array(uint),
  /** Name of the Sockmap attachment that it belongs to. */
  attachment: v.nullable(v.string()),
});
export const programsResult = v.object({ programs: v.array(programInfo) });
export type ProgramInfo = v.InferOutput<typeof programInfo>;

export const mapInfo = v.object({
  id: uint,
  /** Kernel name of the type, e.g. `sockhash`. */
  type: v.string(),
  name: v.string(),
  keySize: uint,
  valueSize: uint,
  maxEntries: uint,
  memoryBytes: uint,
  frozen: v.boolean(),
  attachment: v.nullable(v.string()),
});
export const mapsResult = v.object({ maps: v.array(mapInfo) });
export type MapInfo = v.InferOutput<typeof mapInfo>;

/** Raw bytes in hex and, where the map has BTF (or is a number by size), the decoded value. */
export const decoded = v.object({ hex: v.string(), value: v.optional(v.unknown()) });
export const mapEntriesResult = v.object({
  map: mapInfo,
  total: uint,
  offset: uint,
  entries: v.array(
    v.object({
      key: decoded,
      /** null: this map type or kernel does not let user space read values. */
      value: v.nullable(decoded),
    }),
  ),
});
export type MapEntriesResult = v.InferOutput<typeof mapEntriesResult>;

/**
 * One socket, packed: what a million-socket view pays for. Counters are those of the socket's sending
 * direction and null for sockets that our datapath does not count.
 */
export const SOCKET_COLUMNS = [
  'cookie',
  'peerCookie',
  'family',
  'state',
  'localAddress',
  'localPort',
  'remoteAddress',
  'remotePort',
  'netns',
  'inode',
  'pid',
  'command',
  'cgroup',
  'queuedBytes',
  'redirectedMessages',
  'redirectedBytes',
  'stackMessages',
  'stackBytes',
  'lastReason',
  'reasons',
] as const;
export const socketRow = v.tuple([
  uint, // cookie
  v.nullable(uint), // peer's cookie, null when not paired or unknown
  v.picklist([4, 6]), // 4 also for v4-mapped addresses
  v.string(), // TCP state, e.g. ESTABLISHED (include/net/tcp_states.h)
  v.string(),
  uint,
  v.string(),
  uint,
  uint, // inode number of the network namespace
  uint, // inode of the socket, 0 when no process holds it (not accepted yet, or closing)
  v.nullable(uint), // one process that holds it
  v.nullable(v.string()), // its name
  v.nullable(v.string()), // its cgroup path
  v.nullable(uint), // bytes waiting in the psock queue
  v.nullable(uint),
  v.nullable(uint),
  v.nullable(uint),
  v.nullable(uint),
  v.nullable(v.picklist(STACK_REASONS)),
  /** Messages that took the stack, by reason; those with none are left out. */
  v.nullable(v.record(v.picklist(STACK_REASONS), v.optional(uint))),
]);
export type SocketRow = v.InferOutput<typeof socketRow>;
export type SocketColumn = (typeof SOCKET_COLUMNS)[number];

export const socketsResult = v.object({
  /** In the map, and after the filter. */
  total: uint,
  matched: uint,
  offset: uint,
  rows: v.array(socketRow),
});

export const count = v.object({ messages: uint, bytes: uint });
export const statsResult = v.object({
  name: v.string(),
  /** CLOCK_MONOTONIC of the reading, for rates. */
  atMs: v.pipe(v.number(), v.minValue(0)),
  redirected: count,
  /** Sum over `reasons`. */
  stack: count,
  reasons: v.object(
    Object.fromEntries(STACK_REASONS.map(r => [r, count])) as Record<StackReason, typeof count>,
  ),
  /** Sockets in the sockmap, how many of them have a peer, and the map's capacity. */
  sockets: uint,
  paired: uint,
  capacity: uint,
  queuedBytes: uint,
});
export type StatsResult = v.InferOutput<typeof statsResult>;

/** enum sm_pairing_by in bpf/include/sockmap_abi.h. */
export const PAIRINGS = ['handshake', 'original-dst', 'tuple'] as const;
export const PAIRING_CHOICES = ['auto', ...PAIRINGS] as const;
export type PairingChoice = (typeof PAIRING_CHOICES)[number];

export const attachment = v.object({
  name: v.string(),
  /** draining: detached, but sockets still hold unread bytes. broken: pins are there, parts are not. */
  state: v.picklist(['attached', 'draining', 'broken']),
  cgroup: v.object({ id: uint, path: v.nullable(v.string()) }),
  object: v.object({ name: v.string(), sha256: v.string() }),
  attachedAt: v.string(),
  pinPath: v.string(),
  programs: v.array(
    v.object({
      id: uint,
      name: v.string(),
      type: v.string(),
      /** Cgroup path or map name. */
      attachedTo: v.nullable(v.string()),
    }),
  ),
  maps: v.array(v.object({ id: uint, name: v.string(), type: v.string() })),
  /** The sockmap that sk_msg is attached to. */
  sockmapId: v.nullable(uint),
  sockets: uint,
  /** ABI of our datapath, null for other objects (which have no counters). */
  abi: v.nullable(uint),
  /** How our datapath finds the other end of a connection, and why so; null for other objects. */
  pairing: v.nullable(v.object({ by: v.picklist(PAIRINGS), reason: v.string() })),
  /** Rules of the policy in force, 0: none; null: it takes no policy. */
  policyRules: v.nullable(uint),
  /** Sentences, e.g. about a known kernel bug that bites here. */
  warnings: v.array(v.string()),
});
export type Attachment = v.InferOutput<typeof attachment>;
export const statusResult = v.object({ attachments: v.array(attachment) });

export const detachResult = v.object({
  name: v.string(),
  /** False: the drain timed out; the sockets below keep working and a later detach goes on. */
  removed: v.boolean(),
  drainedSockets: uint,
  remaining: v.array(v.object({ cookie: uint, queuedBytes: uint, local: v.string(), remote: v.string() })),
  /** Bytes given up by `force`. */
  lostBytes: uint,
});
export type DetachResult = v.InferOutput<typeof detachResult>;

export const captureResult = v.object({
  name: v.string(),
  /** Of the command line; null: the data went to the caller. */
  file: v.nullable(v.string()),
  messages: uint,
  /** Of these messages, as far as they were kept (`snaplen`). */
  bytes: uint,
  packets: uint,
  /** What came faster than it could be written; a message that lacks a part is among these. */
  dropped: v.object({ messages: uint, bytes: uint }),
  /** By `count`, by a cancellation or signal, by a detach, or because nobody took the data any more. */
  ended: v.picklist(['count', 'interrupted', 'detached', 'readerGone']),
});
export type CaptureResult = v.InferOutput<typeof captureResult>;

/** One rule; an empty list: no condition of that kind, more than one value: any of them. */
export const policyRule = v.object({
  /** With prefix length, e.g. `10.0.0.0/8`. */
  ip: v.array(v.string()),
  /** `80` or `8000-8999`. */
  port: v.array(v.string()),
  uid: v.array(uint),
  gid: v.array(uint),
  action: v.picklist(['ACCEPT', 'RETURN']),
});
export const policyResult = v.object({
  name: v.string(),
  /** Kmesh's chain syntax, comments and all; what was given as JSON is rewritten. Empty: no policy. */
  text: v.string(),
  rules: v.array(policyRule),
});
export type PolicyResult = v.InferOutput<typeof policyResult>;

/** Every request: the type of its parameters and the schema that its result is checked against. */
export interface AgentParams {
  initialize: { client: string; protocol: number };
  probe: Record<string, never>;
  /** `filter`: substring of the path. */
  cgroups: { filter?: string; limit?: number };
  /** `logLevel`: bits as in union bpf_attr.log_level: 1 per insn, 2 every path, 4 statistics. */
  verify: { object: ObjectRef; program?: string; logLevel?: number; progressToken?: number };
  /** `cgroup`: absolute path, or one below the cgroup v2 root as `cgroups` lists it. */
  attach: {
    object: ObjectRef;
    cgroup: string;
    name: string;
    skMsgMap?: string;
    /** Only for our datapath. */
    pairing?: PairingChoice;
    /** Only for our datapath: 2 to 2^24 sockets may be accelerated at a time; 65536 when not given. */
    maxSockets?: number;
    /** Prevents stalls of edge-triggered readers on every kernel (media/guide/applications.md). */
    edgeReaders?: boolean;
    /** Only for our datapath: as `policySet.text`. */
    policy?: string;
    progressToken?: number;
  };
  detach: { name: string; drainTimeoutMs?: number; force?: boolean; progressToken?: number };
  status: Record<string, never>;
  stats: { name: string };
  /** `text`: chain syntax or JSON; blank: no policy. Holds for connections that come after it. */
  policySet: { name: string; text: string };
  policyGet: { name: string };
  programs: Record<string, never>;
  maps: Record<string, never>;
  mapEntries: { id: number; offset?: number; limit?: number };
  /** `filter`: substring of addresses, ports, command, cgroup or reason. */
  sockets: {
    map: number;
    offset?: number;
    limit?: number;
    sort?: SocketColumn;
    descending?: boolean;
    filter?: string;
  };
  /**
   * Goes on until it is cancelled; the bytes of a pcapng file come as `$/data`. `socket`: cookie of either end, `port`:
   * of either end, `all`: also messages that took the stack, `count`: of messages, `snaplen`: bytes kept of each.
   */
  capture: {
    name: string;
    socket?: number;
    port?: number;
    snaplen?: number;
    count?: number;
    all?: boolean;
    /** Required. */
    progressToken?: number;
  };
}
export type AgentMethod = keyof AgentParams;

export const agentResults = {
  initialize: initializeResult,
  probe: probeResult,
  cgroups: cgroupsResult,
  verify: verifyResult,
  attach: attachment,
  detach: detachResult,
  status: statusResult,
  stats: statsResult,
  policySet: policyResult,
  policyGet: policyResult,
  programs: programsResult,
  maps: mapsResult,
  mapEntries: mapEntriesResult,
  sockets: socketsResult,
  capture: captureResult,
} as const satisfies Record<AgentMethod, v.GenericSchema>;
export type AgentResult<M extends AgentMethod> = v.InferOutput<(typeof agentResults)[M]>;

/** Parameters of the `$/progress` notification. */
export const progressParams = v.object({
  token: uint,
  value: v.object({ message: v.string() }),
});

/** Parameters of the `$/data` notification; `data` is base64. All of it comes before the result. */
export const dataParams = v.object({ token: uint, data: v.string() });
