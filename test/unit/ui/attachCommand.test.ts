// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../../extension/contrib/ids';
import { ProblemError } from '../../../extension/core/problem';
import { AgentError } from '../../../extension/host/api';
import { AGENT_ERROR_CODES } from '../../../extension/protocol/agent';
import { FakeHost } from '../../support/fakeHost';
import { FakeQuickPick } from '../../support/fakeInput';
import { Uri, window } from '../../support/vscode';
import { attachmentInfo } from '../core/rows';
import { connected, partly, setup } from './commandHarness';

describe('attach', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sockmap-commands-'));
    await writeFile(join(folder, 'sockmap.bpf.o'), 'object');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** `refusal`: what the next attach or detach fails with. */
  function attachable(refusal: () => Error | undefined, ...warnings: readonly string[]) {
    const cgroups = ['/', '/b', '/c'];
    let answerLate: (() => void) | undefined;
    const host = connected('a', {
      status: () => ({ attachments: [] }),
      cgroups: ({ filter = '' }) => {
        const matching = cgroups.filter(path => path.includes(filter));
        return {
          root: '/sys/fs/cgroup',
          cgroups: matching.slice(0, 3).map(path => ({ path, processes: 1 })),
          total: matching.length,
        };
      },
      verify: () => ({ object: 'sockmap.bpf.o', programs: [] }),
      attach: ({ name }, { onLate }) => {
        answerLate = onLate;
        const error = refusal();
        if (error !== undefined) throw error;
        return { ...attachmentInfo(name, null, []), warnings: [...warnings] };
      },
      detach: ({ name }) => {
        const error = refusal();
        if (error !== undefined) throw error;
        return { name, removed: true, drainedSockets: 0, remaining: [], lostBytes: 0 };
      },
    });
    const builtinObject = join(folder, 'sockmap.bpf.o');
    const recorder = { record: () => Promise.resolve([]) };
    const config = { get: (key: string) => (key === 'defaultCgroup' ? '/c' : 0), path: () => '' };
    return {
      host,
      cgroups,
      answerLate: () => answerLate?.(),
      ui: setup(
        [host, new FakeHost('b', {})],
        partly({ builtinObject, recorder, config, guide: Uri.file('/x/guide/guide.md') }),
      ),
    };
  }

  const refuseOnce = (kind: 'exists' | 'noCgroup') => {
    let left = 1;
    return () =>
      left-- > 0 ? new AgentError('It cannot be.', AGENT_ERROR_CODES[kind], { kind }) : undefined;
  };

  const namesAsked = (host: FakeHost) =>
    host.asked.flatMap(({ method, params }) => (method === 'attach' ? [params] : []));

  test('asks for the name alone when it is taken after all', async () => {
    const { host, ui } = attachable(refuseOnce('exists'));
    const done = ui.run('attach');
    await ui.choose('a');
    await ui.choose('Built-in');
    await ui.choose('/b');
    await ui.type('one');
    await ui.answer('Choose Another Name');
    expect(await ui.type('two')).toContain('Name of the attachment on a');
    await done;
    expect(namesAsked(host)).toMatchObject([{ name: 'one' }, { cgroup: '/b', name: 'two' }]);
  });

  test('asks for the cgroup alone when there is none', async () => {
    const { host, ui } = attachable(refuseOnce('noCgroup'));
    const target = { hostId: 'a', file: 'builtin', cgroup: '/gone', attachment: 'one' };
    const done = ui.run('attach', target);
    await ui.answer('Choose Another Cgroup');
    await ui.choose('/b');
    await done;
    expect(namesAsked(host)).toMatchObject([{ cgroup: '/gone' }, { cgroup: '/b', name: 'one' }]);
  });

  test('takes back what was attached after the request was given up', async () => {
    const late = new ProblemError({ code: 'timeout', message: 'No answer.' });
    const failures = [late, undefined, new Error('It is busy.')];
    const { host, ui, answerLate } = attachable(() => failures.shift());
    const done = ui.run('attach', { hostId: 'a', file: 'builtin', cgroup: '/b', attachment: 'one' });
    expect((await ui.answer()).text).toBe('No answer.');
    await done;
    expect(host.count('detach')).toBe(0);
    answerLate();
    expect(host.asked.at(-1)).toEqual({
      method: 'detach',
      params: { name: 'one', drainTimeoutMs: 1000, force: true },
    });
    answerLate();
    const { text } = await ui.answer('Detach');
    expect(text).toBe('one was attached on a after all, and cannot be detached: It is busy.');
    const target = { hostId: 'a', attachment: 'one' };
    await expect.poll(() => ui.executed).toContainEqual([COMMANDS.detach, target]);
  });

  test.each([
    ['Open User Guide', ['markdown.showPreview', Uri.file('/x/guide/applications.md')]],
    ['Open Settings', ['workbench.action.openSettings', 'sockmap.edgeReaders']],
  ])('says what may go wrong, with a way on: %s', async (button, executed) => {
    const { ui } = attachable(() => undefined, 'It may stall. Take another kernel.', 'It is old.');
    await ui.run('attach', { hostId: 'a', file: 'builtin', cgroup: '/b', attachment: 'one' });
    expect((await ui.answer(button)).text).toBe('one is attached. It may stall. It is old.');
    await expect.poll(() => ui.executed).toContainEqual(executed);
  });

  test('typing in the list of cgroups leaves the connection that is under way', async () => {
    const { host, ui } = attachable(() => undefined);
    let signal: AbortSignal | undefined;
    vi.spyOn(host, 'connect').mockImplementation(given => {
      signal ??= given;
      return new Promise(() => undefined);
    });
    const done = ui.run('attach', { hostId: 'a', file: 'builtin' });
    await expect.poll(() => signal).toBeDefined();
    const [box] = FakeQuickPick.open;
    box?.type('/x');
    await expect.poll(() => vi.mocked(host.connect).mock.calls.length).toBe(2);
    expect(signal?.aborted).toBe(false);
    box?.hide();
    await done;
    expect(signal?.aborted).toBe(true);
  });

  test('the cgroup of the settings leads, then the one of the last time', async () => {
    const { ui } = attachable(() => undefined);
    const target = { hostId: 'a', file: 'builtin', attachment: 'one' };
    const first = ui.run('attach', target);
    await ui.choose('/b');
    await first;
    void ui.run('attach', target);
    await expect
      .poll(() => FakeQuickPick.open[0]?.items.map(({ label }) => label.slice(-2)))
      .toEqual(['/c', '/b', ' /']);
  });

  test('these lead also where there are more cgroups than are listed', async () => {
    const { host, ui, cgroups } = attachable(() => undefined);
    const target = { hostId: 'a', file: 'builtin', attachment: 'one' };
    const first = ui.run('attach', target);
    await ui.choose('/b');
    await first;
    cgroups.splice(1, 2, '/a/b', '/a/c', '/a/d', '/b', '/c');
    void ui.run('attach', target);
    await expect
      .poll(() => FakeQuickPick.open[0]?.items.map(({ label }) => label.replace('$(folder) ', '')))
      .toEqual(['/c', '/b', '/', '/a/b', '/a/c', '1 more, type to filter']);
    expect(host.asked.at(-1)).toMatchObject({ params: { filter: '/b', limit: 500 } });
  });

  test('says what a browsed file lacks, and offers the list again', async () => {
    const { ui } = attachable(() => undefined);
    vi.spyOn(window, 'showOpenDialog').mockResolvedValue([Uri.file('/x/prog.c')]);
    const done = ui.run('attach', { hostId: 'a', cgroup: '/', attachment: 'one' });
    await ui.choose('Browse');
    expect((await ui.answer()).text).toMatch(/^prog\.c is neither .* end in \.bpf\.c\.$/);
    await ui.choose('Built-in');
    await done;
  });

  test('lists a browsed program the next time', async () => {
    const { ui } = attachable(() => undefined);
    const object = join(folder, 'sockmap.bpf.o');
    vi.spyOn(window, 'showOpenDialog').mockResolvedValue([Uri.file(object)]);
    const target = { hostId: 'a', cgroup: '/', attachment: 'one' };
    const first = ui.run('attach', target);
    await ui.choose('Browse');
    await first;
    const second = ui.run('attach', target);
    await ui.choose('sockmap.bpf.o');
    await second;
  });
});
