// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test, vi } from 'vitest';
import { ProblemError } from '../../../extension/core/problem';
import { type Answers, FakeHost, READY } from '../../support/fakeHost';
import { FakeQuickPick } from '../../support/fakeInput';
import { attachmentInfo } from '../core/rows';
import { setup } from './commandHarness';

function connected(id: string, answers: Answers): FakeHost {
  const host = new FakeHost(id, answers);
  host.become(READY);
  return host;
}

describe('an attachment is chosen', () => {
  const result = { removed: true, drainedSockets: 0, remaining: [], lostBytes: 0 };
  const answers = (...names: string[]): Answers => ({
    status: () => ({ attachments: names.map(name => attachmentInfo(name, null, [])) }),
    detach: ({ name }) => ({ ...result, name }),
  });
  const offered = () => FakeQuickPick.open[0]?.items.map(({ label }) => label.replace(/^\$\(.*\) /, ''));

  test('on the only host, which is connected for it', async () => {
    const host = new FakeHost('a', answers('one'));
    const ui = setup([host]);
    const done = ui.run('detach');
    await ui.choose('one');
    await done;
    expect(host.asked).toContainEqual({
      method: 'detach',
      params: { name: 'one', drainTimeoutMs: 0, force: false },
    });
  });

  test('among those of connected hosts, and on the others when one is connected', async () => {
    const [a, b] = [connected('a', answers('one')), new FakeHost('b', answers('two'))];
    const ui = setup([a, b]);
    const done = ui.run('detach');
    await expect.poll(offered).toEqual(['one', 'Not connected', 'b']);
    await ui.choose('b');
    await expect.poll(offered).toEqual(['one', 'two']);
    await ui.choose('two');
    await done;
    expect([a.count('detach'), b.count('detach')]).toEqual([0, 1]);
  });

  test('on no host that is not meant', async () => {
    const ui = setup([
      connected('a', answers('one')),
      new FakeHost('b', answers('two')),
      new FakeHost('c', {}),
    ]);
    const done = ui.run('detach', { hostId: 'b' });
    await expect.poll(offered).toEqual(['two']);
    FakeQuickPick.open[0]?.hide();
    await done;
  });

  test('not before it is said that nothing is attached, where other hosts may have some', async () => {
    const ui = setup([connected('a', answers()), new FakeHost('b', answers())]);
    const done = ui.run('detach');
    await expect
      .poll(() => FakeQuickPick.open[0]?.placeholder)
      .toBe('Nothing is attached on a. Select a host to connect to');
    await ui.choose('b');
    expect((await ui.answer()).text).toBe('Nothing is attached on a, b.');
    await done;
  });

  test('never on a host that cannot be connected, which can be tried again', async () => {
    const host = new FakeHost('a', answers('one'));
    const ui = setup([host]);
    vi.spyOn(host, 'connect').mockRejectedValueOnce(
      new ProblemError({ code: 'unreachable', message: 'No way.' }),
    );
    const done = ui.run('detach');
    expect((await ui.answer('Retry')).text).toContain('No way.');
    await ui.choose('one');
    await done;
    expect(host.count('detach')).toBe(1);
  });
});
