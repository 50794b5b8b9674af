// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  attachmentChildren,
  otherProgramsNode,
  programTypeNodes,
  programsOfType,
} from '../../../extension/core/hostsTree';
import { attachmentInfo, mapInfo, programInfo } from './rows';

const host = {
  hostId: 'h',
  attachments: [attachmentInfo('a', 5, [mapInfo(4, 'array'), mapInfo(5, 'sockhash')])],
  programs: [
    programInfo(1, 'sock_ops', 'a'),
    programInfo(9, 'xdp'),
    programInfo(7, 'xdp'),
    programInfo(8, 'kprobe'),
  ],
};

test('an attachment opens into programs, then its sockmap, then other maps', () => {
  expect(attachmentChildren(host, 'a')).toMatchObject([
    { kind: 'program', id: 'h/at:a/prog:1', info: { id: 1 } },
    { kind: 'attachmentMap', id: 'h/at:a/map:5', sockets: true },
    { kind: 'attachmentMap', id: 'h/at:a/map:4', sockets: false },
  ]);
  expect(attachmentChildren(host, 'gone')).toEqual([]);
});

test('other programs are those of no attachment, by type', () => {
  expect(otherProgramsNode(host)).toMatchObject({ count: 3 });
  expect(programTypeNodes(host)).toMatchObject([
    { type: 'kprobe', count: 1 },
    { type: 'xdp', count: 2 },
  ]);
  expect(programsOfType(host, 'xdp').map(n => n.id)).toEqual(['h/other/xdp/prog:7', 'h/other/xdp/prog:9']);
  expect(otherProgramsNode({ ...host, programs: [] })).toBeUndefined();
});

test('a program of an attachment is ours even before the agent tells whose it is', () => {
  const programs = [programInfo(1, 'sock_ops')];
  expect(otherProgramsNode({ ...host, programs })).toBeUndefined();
});
