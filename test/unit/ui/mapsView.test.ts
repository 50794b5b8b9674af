// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import { Hold, HOLD_MS } from '../../../extension/core/hold';
import type { MapNode } from '../../../extension/core/mapTree';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { MapWindows } from '../../../extension/ui/model/mapWindows';
import { StateStore } from '../../../extension/ui/state';
import { MapsView } from '../../../extension/ui/trees/mapsView';
import type { SocketRow } from '../../../extension/protocol/agent';
import { ManualClock } from '../../support/clock';
import { drawTree } from '../../support/drawnTree';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { memento } from '../../support/memento';
import { FakeTreeView, window } from '../../support/vscode';
import { attachmentInfo, mapInfo, row } from '../core/rows';

afterEach(() => {
  vi.restoreAllMocks();
});

const ours = [mapInfo(5, 'sockhash', 'a'), mapInfo(6, 'array', 'a')];
const foreign = mapInfo(1, 'prog_array');

const attached = { maps: [...ours, foreign], attachments: [{ ...attachmentInfo('a', 5, ours), abi: null }] };

async function setup({ maps, attachments } = attached, ids = ['h']) {
  const tree = new FakeTreeView<MapNode>();
  vi.spyOn(window, 'createTreeView').mockReturnValue(tree);
  /** What the agents answer from now on. */
  const now = { maps, attachments, sockets: [] as readonly SocketRow[] };
  const hosts = ids.map(
    id =>
      new FakeHost(id, {
        status: () => ({ attachments: [...now.attachments] }),
        maps: () => ({ maps: [...now.maps] }),
        sockets: () => {
          const { length } = now.sockets;
          return { total: length, matched: length, offset: 0, rows: [...now.sockets] };
        },
        mapEntries: ({ id: map }) => ({ map: mapInfo(map, 'array'), total: 0, offset: 0, entries: [] }),
      }),
  );
  const registry = new FakeRegistry();
  registry.set(hosts);
  const clock = new ManualClock();
  const models = new HostModels(registry, { clock, logger: silent });
  models.setInterval(1000);
  const windows = new MapWindows(() => ({ filter: undefined, order: undefined }));
  const view = new MapsView(models, windows, new StateStore(memento()), new Hold(clock));
  const pass = async () => {
    clock.advance(1000);
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve));
  };
  hosts.forEach(host => host.become(READY));
  await pass();
  const asked = async (method: 'sockets' | 'mapEntries') => {
    const before = hosts[0]?.count(method) ?? 0;
    await pass();
    return (hosts[0]?.count(method) ?? 0) > before;
  };
  /** Opens a node as VS Code does the first time: it asks for its rows. */
  const open = (id: string) => {
    const element = view.node(id);
    expect(element, id).toBeDefined();
    if (element !== undefined) view.getChildren(element);
  };
  const fire = (kind: 'expanded' | 'collapsed', id: string) => {
    const element = view.node(id);
    expect(element, id).toBeDefined();
    if (element !== undefined) tree[kind].fire({ element });
  };
  const roots = () => view.getChildren().map(node => node.id);
  /** Somebody reads a tooltip: rows are left alone until {@link HOLD_MS} have passed. */
  const hover = (id: string) => {
    const element = view.node(id);
    expect(element, id).toBeDefined();
    if (element !== undefined) view.resolveTreeItem(view.getTreeItem(element), element);
  };
  const holdEnds = async () => {
    for (let ms = 0; ms < HOLD_MS; ms += 1000) await pass();
  };
  return { tree, view, now, pass, asked, open, fire, roots, hover, holdEnds };
}

test('reveals an ordinary map inside of the group that nobody has opened yet', async () => {
  const { tree, view, roots } = await setup();
  expect(roots()).toEqual(['h/map:5', 'h/other']);
  expect(await view.reveal('h', 6)).toBe(true);
  const [revealed] = tree.revealed;
  expect(revealed).toMatchObject({ kind: 'map', mapId: 6 });
  expect(revealed && view.getParent(revealed)).toMatchObject({ kind: 'otherMaps', id: 'h/other' });
  expect(await view.reveal('h', 99)).toBe(false);
  expect(await view.reveal('gone', 5)).toBe(false);
});

test('a host without a sockmap says so and keeps other maps in their group', async () => {
  const { roots } = await setup({ maps: [foreign], attachments: [] });
  expect(roots()).toEqual(['h/note', 'h/other']);
});

test('maps below a closed group or host are not read until it opens again', async () => {
  const { asked, open, fire, roots } = await setup(attached, ['h', 'i']);
  roots();
  for (const id of ['h', 'h/other', 'h/map:6', 'h/map:5']) open(id);
  expect(await asked('mapEntries')).toBe(true);
  fire('collapsed', 'h/other');
  expect(await asked('mapEntries')).toBe(false);
  expect(await asked('sockets')).toBe(true);
  // VS Code still has the rows: it tells that the group opens and asks for nothing.
  fire('expanded', 'h/other');
  expect(await asked('mapEntries')).toBe(true);
  fire('collapsed', 'h');
  expect(await asked('mapEntries')).toBe(false);
  expect(await asked('sockets')).toBe(false);
  fire('expanded', 'h');
  expect(await asked('mapEntries')).toBe(true);
  expect(await asked('sockets')).toBe(true);
});

test('a map that is closed and opened again is read again', async () => {
  const { asked, open, fire, roots } = await setup();
  roots();
  open('h/map:5');
  expect(await asked('sockets')).toBe(true);
  fire('collapsed', 'h/map:5');
  expect(await asked('sockets')).toBe(false);
  fire('expanded', 'h/map:5');
  expect(await asked('sockets')).toBe(true);
});

test('a command is about the whole selection when its node is in it, or when it has none', async () => {
  const { tree, view, open, roots } = await setup();
  roots();
  open('h/other');
  const ids = (id?: string) => view.chosen(id).map(node => node.id);
  tree.selection = ['h/map:5', 'h/map:6'].map(id => view.node(id)).filter(node => node !== undefined);
  expect(ids()).toEqual(['h/map:5', 'h/map:6']);
  expect(ids('h/map:6')).toEqual(['h/map:5', 'h/map:6']);
  expect(ids('h/map:1')).toEqual(['h/map:1']);
  expect(ids('gone')).toEqual([]);
});

test('figures that wait for a tooltip to close are those of then, not of when it was opened', async () => {
  const { view, now, pass, hover, holdEnds } = await setup();
  const shown = drawTree(view);
  now.sockets = [row({ cookie: 1, bytes: 1024 })];
  await pass();
  const socket = 'h/map:5/socket:1';
  expect(shown.get(socket)).toContain('1.0 KiB');
  hover(socket);
  now.sockets = [row({ cookie: 1, bytes: 2048 })];
  await pass();
  expect(shown.get(socket)).toContain('1.0 KiB');
  // Another socket joins, which draws the whole map.
  now.sockets = [row({ cookie: 1, bytes: 5120 }), row({ cookie: 2, bytes: 0 })];
  await pass();
  expect(shown.get(socket)).toContain('5.0 KiB');
  await holdEnds();
  expect(shown.get(socket)).toContain('5.0 KiB');
});

test('the count of other maps that waits for a tooltip to close is that of then', async () => {
  const { view, now, pass, hover, holdEnds } = await setup();
  const shown = drawTree(view);
  expect(shown.get('h/other')).toBe('2');
  hover('h/map:5');
  now.maps = [...attached.maps, mapInfo(7, 'array')];
  await pass();
  expect(shown.get('h/other')).toBe('2');
  // A map of the first level comes, which draws the whole tree.
  now.maps = [...attached.maps, mapInfo(7, 'array'), mapInfo(8, 'array'), mapInfo(9, 'sockmap')];
  now.attachments = [...attached.attachments, { ...attachmentInfo('b', 9, []), abi: null }];
  const counts: (string | undefined)[] = [];
  view.onDidChangeTreeData(() => counts.push(shown.get('h/other')));
  await pass();
  await holdEnds();
  expect(new Set(counts)).toEqual(new Set(['4']));
});

test('a row that says again what it said before the tree was drawn is drawn again', async () => {
  const { view, now, pass } = await setup();
  const shown = drawTree(view);
  const said: (string | undefined)[] = [];
  const have = async (sockets: number) => {
    now.attachments = now.attachments.map(attachment => ({ ...attachment, sockets }));
    await pass();
    said.push(/\d+ sockets/.exec(shown.get('h/map:5') ?? '')?.[0]);
  };
  await have(3);
  // Another attachment draws the whole tree.
  now.maps = [...now.maps, mapInfo(9, 'sockmap', 'b')];
  now.attachments = [...now.attachments, { ...attachmentInfo('b', 9, []), abi: null }];
  await have(4);
  await have(3);
  expect(said).toEqual(['3 sockets', '4 sockets', '3 sockets']);
});
