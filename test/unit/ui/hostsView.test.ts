// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest';
import { Hold } from '../../../extension/core/hold';
import type { HostsNode } from '../../../extension/core/hostsTree';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { HostsView } from '../../../extension/ui/trees/hostsView';
import { ManualClock } from '../../support/clock';
import { drawTree } from '../../support/drawnTree';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { FakeTreeView, window } from '../../support/vscode';
import { attachmentInfo, programInfo } from '../core/rows';

afterEach(() => {
  vi.restoreAllMocks();
});

async function setup() {
  vi.spyOn(window, 'createTreeView').mockReturnValue(new FakeTreeView<HostsNode>());
  /** What the agent answers from now on. */
  const now = { sockets: 0, programs: [programInfo(8, 'kprobe')] };
  const host = new FakeHost('h', {
    status: () => ({
      attachments: [{ ...attachmentInfo('a', null, []), abi: null, sockets: now.sockets }],
    }),
    programs: () => ({ programs: [...now.programs] }),
  });
  const registry = new FakeRegistry();
  registry.set([host]);
  const clock = new ManualClock();
  const models = new HostModels(registry, { clock, logger: silent });
  models.setInterval(1000);
  const view = new HostsView(models, {
    connect: () => undefined,
    hold: new Hold(clock),
    isBuiltin: () => false,
  });
  const shown = drawTree(view);
  const pass = async () => {
    clock.advance(1000);
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve));
  };
  host.become(READY);
  await pass();
  return { now, shown, pass };
}

test('a row that says again what it said before its host was drawn is drawn again', async () => {
  const { now, shown, pass } = await setup();
  const said: (string | undefined)[] = [];
  const have = async (sockets: number) => {
    now.sockets = sockets;
    await pass();
    said.push(/\d+ sockets/.exec(shown.get('h/at:a') ?? '')?.[0]);
  };
  await have(2);
  await have(0);
  // Another program draws the whole host.
  now.programs = [...now.programs, programInfo(9, 'kprobe')];
  await have(2);
  await have(0);
  expect(said).toEqual(['2 sockets', '0 sockets', '2 sockets', '0 sockets']);
});
