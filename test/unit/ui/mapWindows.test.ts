// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { MapWindows, PAGE, type WindowView } from '../../../extension/ui/model/mapWindows';
import type { SocketRow } from '../../../extension/protocol/agent';
import { type Answers, FakeHost, READY } from '../../support/fakeHost';
import { mapInfo, row } from '../core/rows';

const sockhash = mapInfo(5, 'sockhash');
const array = mapInfo(6, 'array');

function setup(total: number, more: Answers = {}) {
  const view: { filter: string | undefined; order: WindowView['order'] } = {
    filter: undefined,
    order: undefined,
  };
  const windows = new MapWindows(() => view);
  const rows: SocketRow[] = Array.from({ length: total }, (_, i) => row({ cookie: i + 1 }));
  const host = new FakeHost('h', {
    sockets: ({ offset = 0, limit = 0 }) => ({
      total,
      matched: total,
      offset,
      rows: rows.slice(offset, offset + limit),
    }),
    mapEntries: () => ({ map: array, total: 1, offset: 0, entries: [{ key: { hex: '00' }, value: null }] }),
    ...more,
  });
  host.become(READY);
  const { client } = host;
  if (client === undefined) {
    throw new Error('not ready');
  }
  let changes = 0;
  windows.onDidChange(() => changes++);
  const load = (maps = [sockhash, array]) => windows.load('h', client, maps);
  return { windows, host, load, view, changes: () => changes };
}

test('only open maps are read', async () => {
  const { windows, host, load } = setup(3);
  await load();
  expect(host.asked).toEqual([]);
  windows.open('h', 5);
  expect(windows.nodes('h', 5)).toMatchObject([{ kind: 'note', note: 'loading' }]);
  await load();
  expect(host.count('sockets')).toBe(1);
  expect(windows.nodes('h', 5)).toHaveLength(3);
  windows.close('h', 5);
  await load();
  expect(host.count('sockets')).toBe(1);
});

test('what is open but not on screen is kept and not read', async () => {
  const { windows, host, load } = setup(3);
  windows.open('h', 5);
  await load();
  const { client } = host;
  expect(client).toBeDefined();
  if (client !== undefined) await windows.load('h', client, [sockhash, array], () => false);
  expect(host.count('sockets')).toBe(1);
  expect(windows.nodes('h', 5)).toHaveLength(3);
});

test('a page at first, one more with each Load More', async () => {
  const { windows, load } = setup(2 * PAGE + 1);
  windows.open('h', 5);
  await load();
  expect(windows.nodes('h', 5)).toHaveLength(PAGE + 1);
  expect(windows.nodes('h', 5).at(-1)).toMatchObject({ kind: 'more', shown: PAGE, total: 2 * PAGE + 1 });
  windows.more('h', 5);
  windows.more('h', 5);
  await load();
  expect(windows.nodes('h', 5)).toHaveLength(2 * PAGE + 1);
});

test('filter and order go to the agent', async () => {
  const { windows, host, load, view } = setup(1);
  view.filter = 'nginx';
  view.order = { column: 'queuedBytes', descending: true };
  windows.open('h', 5);
  await load();
  expect(host.asked[0]?.params).toEqual({
    map: 5,
    offset: 0,
    limit: PAGE,
    filter: 'nginx',
    sort: 'queuedBytes',
    descending: true,
  });
});

test('a change is told once', async () => {
  const { windows, load, changes } = setup(2);
  windows.open('h', 5);
  windows.open('h', 6);
  await load();
  expect(changes()).toBe(2);
  await load();
  expect(changes()).toBe(2);
});

test('a map that is gone is closed, one that cannot be read says why and recovers', async () => {
  let broken = true;
  const { windows, load } = setup(1, {
    mapEntries: () => {
      if (broken) {
        throw new Error('not permitted');
      }
      return { map: array, total: 0, offset: 0, entries: [] };
    },
  });
  windows.open('h', 5);
  windows.open('h', 6);
  await load([array]);
  expect(windows.nodes('h', 6)).toMatchObject([{ kind: 'note', note: 'error', message: 'not permitted' }]);
  expect(windows.nodes('h', 5)).toMatchObject([{ note: 'loading' }]);
  broken = false;
  await load([array]);
  expect(windows.nodes('h', 6)).toMatchObject([{ note: 'empty' }]);
});
