// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test, vi } from 'vitest';
import { ProblemError } from '../../../extension/core/problem';
import { AgentError } from '../../../extension/host/api';
import { AGENT_ERROR_CODES } from '../../../extension/protocol/agent';
import { type Answers, FakeHost } from '../../support/fakeHost';
import { FakeQuickPick } from '../../support/fakeInput';
import { attachmentInfo } from '../core/rows';
import { connected, setup } from './commandHarness';

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

  describe('where a connected host could not be read', () => {
    function unreadable(id: string, ...names: string[]) {
      let failing = true;
      const table = answers(...names);
      const host = connected(id, {
        ...table,
        status: (params, options) => {
          if (failing) {
            throw new AgentError('CAP_BPF is missing.', AGENT_ERROR_CODES.notPermitted, {
              kind: 'notPermitted',
              action: 'Run the agent as root.',
            });
          }
          return table.status?.(params, options) ?? { attachments: [] };
        },
      });
      return { host, mend: () => (failing = false) };
    }

    test('and there is no other: it says why, and can be tried again', async () => {
      const { host, mend } = unreadable('a', 'one');
      const ui = setup([host, connected('b', answers())]);
      const done = ui.run('detach');
      await expect.poll(() => host.count('status')).toBe(1);
      mend();
      const { text } = await ui.answer('Retry');
      expect(text).toBe('a: CAP_BPF is missing. Run the agent as root.');
      await ui.choose('one');
      await done;
      expect(host.count('detach')).toBe(1);
    });

    test('and there are others: it is named among them, and choosing it reads it again', async () => {
      const { host, mend } = unreadable('x', 'one');
      const ui = setup([host, connected('b', answers()), new FakeHost('c', answers())]);
      const done = ui.run('detach');
      await expect.poll(offered).toEqual(['Could not be read', 'x', 'Not connected', 'c']);
      const [box] = FakeQuickPick.open;
      expect(box?.placeholder).toBe('Nothing is attached on b. Select a host to connect to');
      expect(box?.items[1]).toMatchObject({ detail: 'CAP_BPF is missing. Run the agent as root.' });
      mend();
      await ui.choose('x');
      await expect.poll(offered).toEqual(['one', 'Not connected', 'c']);
      await ui.choose('one');
      await done;
      expect(host.count('detach')).toBe(1);
    });
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
