// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  dropRepeats,
  pairUp,
  socketFields,
  socketLabel,
  socketRate,
  unpackSocket,
} from '../../../extension/core/sockets';
import { SOCKET_COLUMNS } from '../../../extension/protocol/agent';
import { row } from './rows';

test('every column of a row gets its name', () => {
  const packed = row({ cookie: 7, peer: 8 });
  const socket = unpackSocket(packed);
  expect(SOCKET_COLUMNS.map(column => socket[column])).toEqual(packed);
});

test('the label has both ends, an address that both share once', () => {
  const own = { ...unpackSocket(row({ cookie: 1 })), remoteAddress: '10.0.0.1' };
  expect(socketLabel(own)).toBe('10.0.0.1:40001 → :80');
  expect(socketLabel(unpackSocket(row({ cookie: 1 })))).toBe('10.0.0.1:40001 → 10.0.0.2:80');
});

test('a socket that is not counted has no rate', () => {
  expect(socketRate(unpackSocket(row({ cookie: 1, counted: false })))).toBeUndefined();
  expect(socketRate(unpackSocket(row({ cookie: 1 })))?.hitRate).toBe(0.9);
});

test('fields leave out what is not known', () => {
  const names = socketFields(unpackSocket(row({ cookie: 1, counted: false }))).map(([name]) => name);
  expect(names).toContain('cookie');
  expect(names).not.toContain('peerCookie');
  expect(names).not.toContain('redirectedBytes');
});

test('reasons are named, the most frequent first, and left out where there are none', () => {
  const socket = { ...unpackSocket(row({ cookie: 1 })), reasons: { noPeer: 3, order: 1200 } };
  const text = (fields: ReturnType<typeof socketFields>) => fields.find(([name]) => name === 'reasons')?.[1];
  expect(text(socketFields(socket))).toBe('order 1\u202f200, noPeer 3');
  expect(text(socketFields(socket, reason => reason.toUpperCase()))).toBe('ORDER 1\u202f200, NOPEER 3');
  expect(text(socketFields({ ...socket, reasons: {} }))).toBeUndefined();
});

const cookies = (sockets: readonly { cookie: number }[]) => sockets.map(s => s.cookie);

test('both ends of a pair stand together and repeats are dropped', () => {
  const sockets = [
    row({ cookie: 1, peer: 4 }),
    row({ cookie: 2 }),
    row({ cookie: 3, peer: 99 }),
    row({ cookie: 4, peer: 1 }),
    row({ cookie: 2 }),
  ].map(unpackSocket);
  expect(cookies(pairUp(sockets))).toEqual([1, 4, 2, 3]);
  expect(cookies(dropRepeats(sockets))).toEqual([1, 2, 3, 4]);
});

test('pairing loses and invents no socket, whatever peers say', () => {
  const socket = fc.record({
    cookie: fc.integer({ min: 1, max: 12 }),
    peer: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(socket), list => {
      const sockets = list.map(item => unpackSocket(row(item)));
      const paired = cookies(pairUp(sockets));
      expect([...paired].sort((a, b) => a - b)).toEqual(
        [...new Set(list.map(s => s.cookie))].sort((a, b) => a - b),
      );
    }),
  );
});
