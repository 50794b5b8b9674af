// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../../extension/contrib/ids';
import { ProblemError } from '../../../extension/core/problem';
import type { Attachment, DetachResult } from '../../../extension/protocol/agent';
import type { Judgement } from '../../../extension/ui/runs/recorder';
import { FakeHost } from '../../support/fakeHost';
import { Uri, window } from '../../support/vscode';
import { attachmentInfo } from '../core/rows';
import { madeRun } from '../verifierRuns/runs';
import { connected, partly, setup } from './commandHarness';

describe('a failure of a command from the palette', () => {
  const unknownKey = () => new ProblemError({ code: 'unknownHostKey', message: 'The key is not known.' });

  test('knows the host that was picked, and Retry does not ask for it again', async () => {
    const host = new FakeHost('b', {});
    const ui = setup([new FakeHost('a', {}), host]);
    const connect = vi.spyOn(host, 'connect').mockRejectedValueOnce(unknownKey());
    const done = ui.run('connect');
    await ui.choose('b');
    const { buttons } = await ui.answer('Retry');
    expect(buttons).toEqual(['Connect in Terminal', 'Retry', 'Open Log']);
    await done;
    expect(connect).toHaveBeenCalledTimes(2);
    expect(host.state.kind).toBe('ready');
  });

  test('can be retried when the terminal that was to mend it is closed', async () => {
    const host = new FakeHost('a', {});
    const ui = setup([host]);
    vi.spyOn(host, 'connect').mockRejectedValueOnce(unknownKey());
    const done = ui.run('connect');
    await ui.answer('Connect in Terminal');
    expect((await ui.answer('Retry')).text).toContain('terminal is closed');
    await done;
    expect(ui.executed).toContainEqual([COMMANDS.connectInTerminal, { hostId: 'a' }]);
    expect(host.state.kind).toBe('ready');
  });

  test('Connect in Terminal ends when its terminal is closed', async () => {
    const ui = setup([new FakeHost('a', {})]);
    const terminal = { name: 'ssh a', show: () => undefined };
    let close: (closed: object) => void = () => undefined;
    const created = vi.spyOn(window, 'createTerminal').mockReturnValue(terminal);
    vi.spyOn(window, 'onDidCloseTerminal').mockImplementation(listener => {
      close = listener;
      return { dispose: () => undefined };
    });
    let ended = false;
    const done = ui.run('connectInTerminal', { hostId: 'a' }).then(() => (ended = true));
    close({});
    await Promise.resolve();
    expect(ended).toBe(false);
    close(terminal);
    await done;
    // The setting is empty.
    expect(created.mock.calls[0]?.[0]).toMatchObject({ shellPath: 'ssh', shellArgs: ['--', 'a'] });
  });
});

describe('detach', () => {
  const rest = { cookie: 1, queuedBytes: 5, local: 'l', remote: 'r' };
  const result = (removed: boolean): DetachResult => ({
    name: 'one',
    removed,
    drainedSockets: 0,
    remaining: removed ? [] : [rest],
    lostBytes: 0,
  });

  function draining(state: Attachment['state'], ...results: (DetachResult | Error)[]) {
    const host = connected('a', {
      status: () => ({ attachments: [{ ...attachmentInfo('one', null, []), state }] }),
      detach: () => {
        const next = results.shift() ?? result(true);
        if (next instanceof Error) throw next;
        return next;
      },
    });
    return { host, ui: setup([host]), target: { hostId: 'a', attachment: 'one' } };
  }

  const cancelled = () => new ProblemError({ code: 'cancelled', message: 'Cancelled.' });

  test('that is cancelled while it drains says so and can go on', async () => {
    const { host, ui, target } = draining('draining', cancelled());
    const done = ui.run('detach', target);
    expect((await ui.answer('Go On Draining')).text).toBe('one no longer redirects and is draining.');
    await done;
    expect(host.count('detach')).toBe(2);
  });

  test('whose question is closed says so, and leaves it when that is closed as well', async () => {
    const { host, ui, target } = draining('draining', result(false));
    const done = ui.run('detach', target);
    expect((await ui.answer()).buttons[0]).toBe('Keep Draining');
    expect((await ui.answer()).buttons).toEqual(['Go On Draining']);
    await done;
    expect(host.count('detach')).toBe(1);
  });

  test('that is cancelled before anything was stopped says nothing', async () => {
    const { host, ui, target } = draining('attached', cancelled());
    await ui.run('detach', target);
    expect(host.count('detach')).toBe(1);
  });
});

describe('a command that finds nothing to work on says what is there and where to go', () => {
  test('no host is connected', async () => {
    const ui = setup([new FakeHost('a', {})]);
    await ui.run('disconnect');
    expect(await ui.answer('Connect')).toEqual({ text: 'No host is connected.', buttons: ['Connect'] });
    expect(ui.executed).toEqual([[COMMANDS.connect, undefined]]);
  });

  test('there is no host', async () => {
    const ui = setup([]);
    const target = { file: '/x/a.bpf.c' };
    for (const key of ['connect', 'verify', 'verifyAllHosts', 'removeHost'] as const) {
      await ui.run(key, target);
      expect((await ui.answer('Add SSH Host…')).text, key).toMatch(/^There is no .*host/);
    }
    expect(ui.executed.map(([command]) => command)).toEqual(Array(4).fill(COMMANDS.addHost));
  });

  test('no host to detach from', async () => {
    const ui = setup([]);
    await ui.run('detach');
    expect((await ui.answer('Add SSH Host…')).text).toBe('There is no host yet.');
  });

  test('nothing is attached, or nothing that takes a policy', async () => {
    const own = { ...attachmentInfo('own', null, []), policyRules: null };
    let attachments: Attachment[] = [];
    const ui = setup([connected('a', { status: () => ({ attachments }) })]);
    await ui.run('editPolicy');
    expect((await ui.answer('Attach…')).text).toBe('Nothing is attached on a.');
    attachments = [own];
    await ui.run('editPolicy');
    expect((await ui.answer()).text).toMatch(/takes no policy \(own\)/);
  });
});

describe('the list of hosts', () => {
  function withHosts(...elements: unknown[]) {
    const hosts = [...elements];
    const config = {
      get: () => hosts,
      changeHosts: (change: (now: readonly unknown[]) => readonly unknown[]) => {
        hosts.splice(0, hosts.length, ...change([...hosts]));
        return Promise.resolve();
      },
    };
    return { hosts, config };
  }

  test.each([
    ['a text', 'web1', 'ssh:web1'],
    ['a port that is none', { destination: 'web1', port: 70_000 }, 'ssh:web1'],
    ['a port in the destination', { destination: 'web1:22' }, 'ssh:web1:22'],
  ])('loses the element that is meant: %s', async (_what, element, id) => {
    const { hosts, config } = withHosts(null, element, { destination: 'other' }, element);
    const ui = setup([new FakeHost(id, {})], partly({ config }));
    const done = ui.run('removeHost', { hostId: id });
    await expect.poll(() => hosts).toEqual([null, { destination: 'other' }]);
    await ui.answer('Undo');
    await done;
    expect(hosts).toEqual([null, element, { destination: 'other' }, element]);
  });

  test('keeps what changed while a host that goes was disconnected', async () => {
    const { hosts, config } = withHosts('a', 'b');
    const [a, b] = [connected('ssh:a'), connected('ssh:b')];
    const ends: (() => void)[] = [];
    for (const host of [a, b]) {
      vi.spyOn(host, 'disconnect').mockImplementation(() => new Promise(resolve => ends.push(resolve)));
    }
    const ui = setup([a, b], partly({ config }));
    const done = [a, b].map(({ definition }) => ui.run('removeHost', { hostId: definition.id }));
    await expect.poll(() => ends.length).toBe(2);
    hosts.push('c');
    ends.forEach(end => end());
    await ui.answer();
    await ui.answer();
    await Promise.all(done);
    expect(hosts).toEqual(['c']);
  });

  test('is not said to have lost what it has not', async () => {
    const { hosts, config } = withHosts({ destination: 'other' });
    const ui = setup([new FakeHost('ssh:web1', {})], partly({ config }));
    const done = ui.run('removeHost', { hostId: 'ssh:web1' });
    expect((await ui.answer()).text).toMatch(/cannot be removed/);
    await done;
    expect(hosts).toEqual([{ destination: 'other' }]);
  });

  test('offers to connect to the host that was added', async () => {
    const { hosts, config } = withHosts(null);
    const ui = setup([], partly({ config, listSshHosts: () => Promise.resolve(['web1']) }));
    const done = ui.run('addHost');
    await ui.choose('web1');
    await ui.type('Web');
    await done;
    expect(hosts).toEqual([null, { label: 'Web', destination: 'web1' }]);
    expect((await ui.answer('Connect')).text).toContain('Web');
    expect(ui.executed).toEqual([[COMMANDS.connect, { hostId: 'ssh:web1' }]]);
  });
});

test('a verifier log that is gone is not another one, and can be made again', async () => {
  const shown: string[] = [];
  const run = madeRun();
  const ui = setup(
    [connected('h')],
    partly({
      runs: { settled: Promise.resolve() },
      verifierLogs: { of: (id: string) => (id === run.id ? { run } : undefined), all: [{ run }] },
      verifierPanels: { show: (id: string) => shown.push(id) },
    }),
  );
  await ui.run('showVerifierLog', { id: run.id });
  const again = { hostId: 'h', file: '/w/a.bpf.c' };
  const gone = ui.run('showVerifierLog', { ...again, id: 'dropped' });
  expect((await ui.answer('Verify Again')).text).toMatch(/^This verifier log is gone/);
  await gone;
  expect([shown, ui.executed]).toEqual([[run.id], [[COMMANDS.verify, again]]]);
});

describe('files', () => {
  const object = (path: string) => Uri.file(path);
  const services = () =>
    partly({
      recorder: {
        record: ({ programs }: Judgement) =>
          Promise.resolve(
            programs.map(({ name, ok, error }) =>
              madeRun({ program: name, ok, ...(error === null ? {} : { error }) }),
            ),
          ),
      },
      config: { get: () => 0, path: () => '', clangFlags: () => [] },
      builder: {
        build: ({ source, output }: { source: string; output: string }) =>
          Promise.resolve({
            ok: !source.includes('wrong'),
            object: output,
            diagnostics: [],
            output: '',
            durationMs: 1,
          }),
      },
      problems: { set: () => undefined },
      verifierProblems: { built: () => undefined },
      buildDir: folder,
    });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sockmap-files-'));
    for (const name of ['a.o', 'b.o']) await writeFile(join(folder, name), name);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const verified = (ok: boolean) => ({
    name: 'p',
    section: 's',
    type: 'sock_ops',
    ok,
    error: ok ? null : 'no',
    insns: 1,
    insnsProcessed: 1,
    log: '',
  });

  test('that are selected are all verified, with one summary', async () => {
    const host = connected('h', {
      verify: ({ object: sent }) => {
        const name = 'name' in sent ? sent.name : '';
        return { object: name, programs: [verified(name !== 'b.o')] };
      },
    });
    const ui = setup([host], services());
    const [a, b, note] = ['a.o', 'b.o', 'README.md'].map(name => object(join(folder, name)));
    await ui.run('verify', a, [a, note, b]);
    expect(host.count('verify')).toBe(2);
    expect((await ui.answer()).text).toMatch(/^1 of 2 files failed\. The verifier refused program p/);
    const one = ui.run('verify', a, [a, note]);
    expect((await ui.answer()).text).toMatch(/^a\.o was accepted/);
    await one;
    expect(host.count('verify')).toBe(3);
    await ui.run('verify', a, [a, a]);
    expect((await ui.answer('Show Verifier Log')).text).toMatch(/^a\.o, a\.o were accepted by/);
  });

  test('that are selected are all built', async () => {
    const ui = setup([], services());
    const all = ['x', 'wrong', 'wrong2'].map(name => object(join(folder, `${name}.bpf.c`)));
    await ui.run('build', all[0], all);
    const { text, buttons } = await ui.answer('Show Problems');
    expect(text).toBe('2 of 3 files failed: wrong.bpf.c, wrong2.bpf.c.');
    expect(buttons).toEqual(['Show Problems', 'Open Log']);
  });

  test('that are built can be attached, and their path copied', async () => {
    const ui = setup([], services());
    const file = join(folder, 'x.bpf.c');
    await ui.run('build', { file });
    expect((await ui.answer('Attach…')).buttons).toEqual(['Attach…', 'Copy Path']);
    expect(ui.executed).toEqual([[COMMANDS.attach, { file }]]);
  });
});
