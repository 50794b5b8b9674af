// SPDX-License-Identifier: Apache-2.0
import type { Attachment, MapInfo, ProgramInfo, SocketRow } from '../../../extension/protocol/agent';

export function row(socket: { cookie: number; peer?: number; counted?: boolean; bytes?: number }): SocketRow {
  const counted = socket.counted !== false;
  const count = (value: number) => (counted ? value : null);
  return [
    socket.cookie,
    socket.peer ?? null,
    4,
    'ESTABLISHED',
    '10.0.0.1',
    40000 + socket.cookie,
    '10.0.0.2',
    80,
    4026531840,
    555,
    42,
    'nginx',
    '/web',
    0,
    count(90),
    count(socket.bytes ?? 9000),
    count(10),
    count(100),
    counted ? 'order' : null,
    counted ? { order: 7, noPeer: 3 } : null,
  ];
}

export function mapInfo(id: number, type: string, attachment: string | null = null): MapInfo {
  return {
    id,
    type,
    name: `map${id}`,
    keySize: 8,
    valueSize: 8,
    maxEntries: 64,
    memoryBytes: 4096,
    frozen: false,
    attachment,
  };
}

export function programInfo(id: number, type: string, attachment: string | null = null): ProgramInfo {
  return {
    id,
    type,
    name: `prog${id}`,
    tag: 'aa',
    loadedAt: null,
    uid: 0,
    xlatedBytes: 8,
    jitedBytes: 8,
    memoryBytes: 4096,
    runCount: 0,
    runTimeNs: 0,
    mapIds: [],
    attachment,
  };
}

export function attachmentInfo(name: string, sockmapId: number | null, maps: readonly MapInfo[]): Attachment {
  return {
    name,
    state: 'attached',
    cgroup: { id: 9, path: '/sys/fs/cgroup/web' },
    object: { name: 'sockmap.bpf.o', sha256: 'ab' },
    attachedAt: '2026-01-01T00:00:00Z',
    pinPath: `/sys/fs/bpf/sockmap/${name}`,
    programs: [{ id: 1, name: 'ops', type: 'sock_ops', attachedTo: '/web' }],
    maps: maps.map(({ id, name: map, type }) => ({ id, name: map, type })),
    sockmapId,
    sockets: 2,
    abi: 1,
    pairing: null,
    policyRules: null,
    warnings: [],
  };
}
