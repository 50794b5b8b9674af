// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest';
import { rateOf } from '../../../extension/core/hitRate';
import type { Attachment } from '../../../extension/protocol/agent';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { StateStore } from '../../../extension/ui/state';
import { HitRateItem } from '../../../extension/ui/status/hitRateItem';
import { attachmentText } from '../../../extension/ui/status/hitRateText';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { memento } from '../../support/memento';
import { FakeStatusBarItem, window } from '../../support/vscode';
import { attachmentInfo } from '../core/rows';

const web = attachmentInfo('web', 5, []);
const rate = (redirected: number, stack: number) => ({
  name: 'web',
  total: rateOf({ messages: redirected, bytes: 0 }, { messages: stack, bytes: 0 }),
  interval: undefined,
  reasons: [],
});

test('every state of an attachment has a text, an icon and a label of its own', () => {
  const cases: [Partial<Attachment>, ReturnType<typeof rate> | undefined, string, string][] = [
    [{}, rate(9, 1), '$(arrow-swap) 90.0\u00a0%', 'Sockmap web: 90.0\u00a0% of messages redirected'],
    [{}, rate(0, 0), '$(arrow-swap) no traffic', 'Sockmap web: no traffic'],
    [{}, undefined, '$(arrow-swap) web', 'Sockmap web: reading counters'],
    [{ abi: null }, undefined, '$(arrow-swap) web', 'Sockmap web: keeps no counters'],
    [
      { state: 'draining' },
      rate(1, 0),
      '$(watch) 100\u00a0%',
      'Sockmap web: draining, 100\u00a0% of messages redirected',
    ],
    [{ state: 'broken' }, undefined, '$(error) web', 'Sockmap web: broken'],
  ];
  for (const [change, figures, text, label] of cases) {
    expect(attachmentText({ ...web, ...change }, figures)).toEqual({ text, label });
  }
});

function setup() {
  const shown = new FakeStatusBarItem();
  vi.spyOn(window, 'createStatusBarItem').mockReturnValue(shown);
  const host = new FakeHost('h', { status: () => ({ attachments: [{ ...web, abi: null }] }) });
  const registry = new FakeRegistry();
  registry.set([host]);
  const models = new HostModels(registry, { clock: new ManualClock(), logger: silent });
  const state = new StateStore(memento());
  const item = new HitRateItem(models, state);
  return { shown, host, registry, models, state, item };
}

test('while the host of the last attachment is not connected, the item says so and connects', async () => {
  const { shown, host, models, state } = setup();
  expect(shown.shown).toBe(false);
  state.update({ active: { hostId: 'h', name: 'web' } });
  expect(shown).toMatchObject({
    shown: true,
    text: '$(debug-disconnect) web: not connected',
    command: { command: 'sockmap.connect', arguments: [{ hostId: 'h' }] },
    accessibilityInformation: { label: 'Sockmap web: h is not connected' },
  });
  host.become({ kind: 'connecting', stage: '' });
  expect(shown).toMatchObject({ shown: true, text: '$(loading~spin) web' });
  host.become(READY);
  expect(shown.shown).toBe(false);
  await models.refresh();
  expect(shown).toMatchObject({
    shown: true,
    text: '$(arrow-swap) web',
    command: { command: 'sockmap.revealAttachment' },
  });
});

test('a host that is no longer in the list has no item', () => {
  const { shown, registry, state } = setup();
  state.update({ active: { hostId: 'h', name: 'web' } });
  expect(shown.shown).toBe(true);
  registry.set([]);
  expect(shown.shown).toBe(false);
});
