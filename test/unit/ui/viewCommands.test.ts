// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import type { CommandTarget } from '../../../extension/contrib/ids';
import { attachmentChildren, attachmentNode } from '../../../extension/core/hostsTree';
import { Invocation } from '../../../extension/ui/commands/invocation';
import {
  copyPinPath,
  copyProgramId,
  copyValue,
  revealAttachment,
} from '../../../extension/ui/commands/views';
import { HostModels } from '../../../extension/ui/model/hostModels';
import type { Services } from '../../../extension/ui/services';
import { StateStore } from '../../../extension/ui/state';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { memento } from '../../support/memento';
import { env, window } from '../../support/vscode';
import { attachmentInfo, mapInfo } from '../core/rows';

afterEach(() => {
  vi.restoreAllMocks();
});

async function setup(sockmapId: number | null) {
  const attachment = { ...attachmentInfo('web', sockmapId, [mapInfo(6, 'array', 'web')]), abi: null };
  const host = new FakeHost('h', { status: () => ({ attachments: [attachment] }) });
  const registry = new FakeRegistry();
  registry.set([host]);
  const models = new HostModels(registry, { clock: new ManualClock(), logger: silent });
  host.become(READY);
  await models.refresh();
  const revealed: number[] = [];
  const contents = { hostId: 'h', attachments: [attachment], programs: [] };
  const nodes = [attachmentNode('h', attachment), ...attachmentChildren(contents, 'web')];
  const services = {
    registry,
    models,
    state: new StateStore(memento()),
    maps: {
      node: () => undefined,
      chosen: () => [],
      reveal: (_: string, mapId: number) => Promise.resolve(revealed.push(mapId) > 0 && mapId !== 99),
    },
    hosts: {
      node: (id: string) => nodes.find(node => node.id === id),
      copyText: (id: string | undefined) => `copy of ${id ?? 'the selection'}`,
    },
  } as unknown as Services;
  const said = vi.spyOn(window, 'showInformationMessage');
  const copied = vi.spyOn(env.clipboard, 'writeText');
  const show = (target: CommandTarget) => {
    const invocation = new Invocation({ hostId: 'h', attachment: 'web', ...target });
    return revealAttachment(services, invocation.target, invocation);
  };
  return { services, revealed, said, copied, show };
}

test('shows the sockmap of an attachment, or the map that is meant', async () => {
  const { revealed, said, show } = await setup(5);
  await show({});
  await show({ mapId: 6 });
  expect(revealed).toEqual([5, 6]);
  expect(said).not.toHaveBeenCalled();
});

test('says that there is no sockmap, or that the map is gone', async () => {
  const { revealed, said, show } = await setup(null);
  await show({});
  expect(revealed).toEqual([]);
  expect(said).toHaveBeenLastCalledWith('web has no sockmap to show.');
  await show({ mapId: 99 });
  expect(said).toHaveBeenLastCalledWith('This map of web is gone.');
});

test('copies the pin path of an attachment, the id of a program and the rest as text', async () => {
  const { services, copied } = await setup(5);
  await copyPinPath(services, { id: 'h/at:web' });
  expect(copied).toHaveBeenLastCalledWith('/sys/fs/bpf/sockmap/web');
  await copyProgramId(services, { id: 'h/at:web/prog:1' });
  expect(copied).toHaveBeenLastCalledWith('1');
  await copyValue(services, { id: 'h/note:problem' });
  expect(copied).toHaveBeenLastCalledWith('copy of h/note:problem');
  await copyValue(services, { view: 'sockmap.hosts' });
  expect(copied).toHaveBeenLastCalledWith('copy of the selection');
  await copyValue(services, { view: 'sockmap.maps' });
  expect(copied).toHaveBeenCalledTimes(4);
});
