// SPDX-License-Identifier: Apache-2.0
import { expect, test, vi } from 'vitest';
import { Emitter } from '../../../extension/core/util/emitter';
import { ContextKeys } from '../../../extension/ui/contextKeys';
import {
  followContext,
  forgetConnection,
  forgetGoneAttachment,
  rememberConnections,
} from '../../../extension/ui/followModels';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { StateStore } from '../../../extension/ui/state';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { memento } from '../../support/memento';
import { commands } from '../../support/vscode';
import { attachmentInfo } from '../core/rows';

function setup(names: string[] = []) {
  const host = new FakeHost('h', {
    status: () => ({ attachments: names.map(name => attachmentInfo(name, null, [])) }),
  });
  const registry = new FakeRegistry();
  registry.set([host]);
  const models = new HostModels(registry, { clock: new ManualClock(), logger: silent });
  const read = () => models.refresh();
  return { host, registry, models, state: new StateStore(memento()), names, read };
}

test('a host is remembered when it is ready, whatever connected it, until a person ends it', () => {
  const { host, registry, models, state } = setup();
  rememberConnections(models, state);
  host.become({ kind: 'connecting', stage: '' });
  expect(state.value.connectedHosts).toEqual([]);
  host.become(READY);
  expect(state.value.connectedHosts).toEqual(['h']);
  // The end of the window, or a lost connection, is not what the person wants.
  host.become({ kind: 'idle' });
  expect(state.value.connectedHosts).toEqual(['h']);
  host.become(READY);
  forgetConnection(state, 'h');
  registry.set([]);
  expect(state.value.connectedHosts).toEqual([]);
  registry.set([host]);
  host.become(READY);
  expect(state.value.connectedHosts).toEqual(['h']);
});

test('the attachment of the status bar is forgotten when its host no longer has it', async () => {
  const { host, models, state, names, read } = setup();
  state.update({ active: { hostId: 'h', name: 'old' } });
  forgetGoneAttachment(models, state);
  host.become(READY);
  expect(state.value.active).toBeDefined();
  await read();
  expect(state.value.active).toBeUndefined();
  // What the host said before it was attached does not count.
  state.update({ active: { hostId: 'h', name: 'new' } });
  names.push('other');
  await read();
  expect(state.value.active).toEqual({ hostId: 'h', name: 'new' });
  names.push('new');
  await read();
  host.become({ kind: 'idle' });
  expect(state.value.active).toEqual({ hostId: 'h', name: 'new' });
  host.become(READY);
  names.pop();
  await read();
  expect(state.value.active).toBeUndefined();
});

test('Disconnect has something to do while a host is connected, is being connected or is tried again', () => {
  const { host, models, state } = setup();
  const set = vi.spyOn(commands, 'executeCommand');
  const last = () => set.mock.calls.filter(([, key]) => key === 'sockmap.hasConnection').at(-1)?.[2];
  const keys = new ContextKeys();
  followContext(keys, models, { all: [], onDidAdd: new Emitter<void>().event }, state);
  expect(last()).toBe(false);
  const problem = { code: 'timeout', message: '' } as const;
  host.become({ kind: 'connecting', stage: '' });
  expect(last()).toBe(true);
  host.become({ kind: 'failed', problem });
  expect(last()).toBe(false);
  host.become({ kind: 'retrying', attempt: 1, delayMs: 1, problem });
  expect(last()).toBe(true);
  host.become({ kind: 'idle' });
  expect(last()).toBe(false);
});
