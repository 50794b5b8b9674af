// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  entryNodes,
  findMapNode,
  hostMapNodes,
  otherMapNodes,
  socketNodes,
} from '../../../extension/core/mapTree';
import { unpackSocket } from '../../../extension/core/sockets';
import { attachmentInfo, mapInfo, row } from './rows';

const maps = [
  mapInfo(1, 'hash'),
  mapInfo(2, 'sockhash'),
  mapInfo(3, 'sockmap', 'b'),
  mapInfo(4, 'sockhash', 'a'),
  mapInfo(5, 'sockhash', 'a'),
  mapInfo(6, 'array', 'a'),
];
const host = {
  hostId: 'h',
  maps,
  attachments: [attachmentInfo('a', 5, maps.slice(3)), attachmentInfo('b', 3, maps.slice(2, 3))],
};

test('sockmaps of attachments lead, the one of sk_msg first; other maps are one group', () => {
  expect(hostMapNodes(host).map(n => n.id)).toEqual(['h/map:5', 'h/map:4', 'h/map:3', 'h/map:2', 'h/other']);
  expect(otherMapNodes(host).map(n => n.id)).toEqual(['h/map:6', 'h/map:1']);
});

test('without a sockmap one line says so, and maps that are nobody of ours stay in the group', () => {
  const only = { ...host, maps: [mapInfo(1, 'hash'), mapInfo(2, 'prog_array')], attachments: [] };
  expect(hostMapNodes(only)).toMatchObject([
    { kind: 'note', note: 'noSockmap' },
    { kind: 'otherMaps', id: 'h/other', count: 2 },
  ]);
  expect(otherMapNodes(only).map(n => n.id)).toEqual(['h/map:1', 'h/map:2']);
  expect(hostMapNodes({ ...only, maps: [] })).toMatchObject([{ note: 'noSockmap' }]);
});

test('maps of an attachment without a sockmap are not in the group', () => {
  const own = [mapInfo(7, 'array', 'c'), mapInfo(8, 'hash')];
  const without = { hostId: 'h', maps: own, attachments: [attachmentInfo('c', null, own)] };
  expect(hostMapNodes(without).map(n => n.id)).toEqual(['h/note', 'h/map:7', 'h/other']);
  expect(otherMapNodes(without).map(n => n.id)).toEqual(['h/map:8']);
});

test('any map is found, with the level that it is on', () => {
  expect(findMapNode(host, 5)).toMatchObject({ id: 'h/map:5', other: false });
  expect(findMapNode(host, 6)).toMatchObject({ id: 'h/map:6', other: true });
  expect(findMapNode(host, 99)).toBeUndefined();
});

const sockets = [row({ cookie: 1, peer: 3 }), row({ cookie: 2 }), row({ cookie: 3, peer: 1 })].map(
  unpackSocket,
);

test('sockets: pairs together, in the chosen order when sorted, and more when there is more', () => {
  const window = { total: 9, matched: 9, sockets, sorted: false };
  expect(socketNodes('h', 5, window).map(n => n.id)).toEqual([
    'h/map:5/socket:1',
    'h/map:5/socket:3',
    'h/map:5/socket:2',
    'h/map:5/more',
  ]);
  const sorted = socketNodes('h', 5, { ...window, matched: 3, sorted: true });
  expect(sorted.map(n => n.id)).toEqual(['h/map:5/socket:1', 'h/map:5/socket:2', 'h/map:5/socket:3']);
});

test('no sockets: empty, or nothing that matches', () => {
  const none = { total: 0, matched: 0, sockets: [], sorted: false };
  expect(socketNodes('h', 5, none)).toMatchObject([{ kind: 'note', note: 'empty' }]);
  expect(socketNodes('h', 5, { ...none, total: 4 })).toMatchObject([{ kind: 'note', note: 'filtered' }]);
});

test('entries are decoded, ids stay unique for a key that comes twice, values may be closed', () => {
  const entry = { key: { hex: '01', value: 1 }, value: { hex: '02', value: { bytes: 2 } } };
  const nodes = entryNodes('h', {
    map: mapInfo(6, 'hash'),
    total: 3,
    offset: 0,
    entries: [entry, entry, { key: { hex: '05' }, value: null }],
  });
  expect(nodes).toMatchObject([
    { kind: 'entry', key: '1', value: '{ bytes: 2 }' },
    { kind: 'entry', key: '1' },
    { kind: 'entry', key: '05', value: undefined },
  ]);
  expect(new Set(nodes.map(n => n.id)).size).toBe(3);
});
