// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import { Hold } from '../../../extension/core/hold';
import type { MapNode } from '../../../extension/core/mapTree';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { MapWindows } from '../../../extension/ui/model/mapWindows';
import { StateStore } from '../../../extension/ui/state';
import { MapsView } from '../../../extension/ui/trees/mapsView';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { memento } from '../../support/memento';
import { FakeTreeView, window } from '../../support/vscode';
import { attachmentInfo, mapInfo } from '../core/rows';

afterEach(() => {
  vi.restoreAllMocks();
});

const ours = [mapInfo(5, 'sockhash', 'a'), mapInfo(6, 'array', 'a')];
const foreign = mapInfo(1, 'prog_array');

const attached = { maps: [...ours, foreign], attachments: [{ ...attachmentInfo('a', 5, ours), abi: null }] };

async function setup({ maps, attachments } = attached, ids = ['h']) {
  const tree = new FakeTreeView<MapNode>();
  vi.spyOn(window, 'createTreeView').mockReturnValue(tree);
  const hosts = ids.map(
    id =>
      new FakeHost(id, {
        status: () => ({ attachments }),
        maps: () => ({ maps }),
        sockets: () => ({ total: 0, matched: 0, offset: 0, rows: [] }),
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
    for (let i = 0; i < 3; i++) await new Promise(resolve => setImmediate(resolve));
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
  return { tree, view, asked, open, fire, roots };
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
