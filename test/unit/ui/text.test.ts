// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../extension/contrib/ids';
import { attachmentChildren, attachmentNode } from '../../../extension/core/hostsTree';
import { PROBLEM_CODES } from '../../../extension/core/hosts';
import { ProblemError } from '../../../extension/core/problem';
import { unpackSocket } from '../../../extension/core/sockets';
import { AgentError } from '../../../extension/host/api';
import { AGENT_ERROR_CODES, type AgentErrorKind, STACK_REASONS } from '../../../extension/protocol/agent';
import { isCancellation, reportOf, sentences } from '../../../extension/ui/errors';
import { RefusedError } from '../../../extension/ui/runs/refusal';
import { StateStore } from '../../../extension/ui/state';
import { escapeMarkdown, reasonName, reasonText } from '../../../extension/ui/text';
import { hostCopyText, hostTreeItem } from '../../../extension/ui/trees/hostItems';
import { mapCopyText, mapTooltip, mapTreeItem } from '../../../extension/ui/trees/mapItems';
import { memento } from '../../support/memento';
import { anyText } from '../../support/text';
import { attachmentInfo, row } from '../core/rows';
import { madeRun } from '../verifierRuns/runs';

describe('errors', () => {
  test('every problem of a host ends in one clear message with the log at hand', () => {
    for (const code of PROBLEM_CODES) {
      const report = reportOf(new ProblemError({ code, message: 'It failed', action: 'Do this.' }), {
        hostId: 'ssh:a',
      });
      expect(report.message, code).toBe('It failed. Do this.');
      expect(report.actions.at(-1), code).toMatchObject({ title: 'Open Log' });
    }
  });

  test('every error of the agent too', () => {
    for (const kind of Object.keys(AGENT_ERROR_CODES) as AgentErrorKind[]) {
      const report = reportOf(
        new AgentError('It failed.', AGENT_ERROR_CODES[kind], { kind, action: 'Do this.' }),
      );
      expect(report.message, kind).toBe('It failed. Do this.');
      expect(report.actions.length, kind).toBeGreaterThan(0);
    }
  });

  test('a login that ssh must ask for goes through a terminal, but not on this machine', () => {
    const error = new ProblemError({ code: 'unknownHostKey', message: 'Unknown key.' });
    const titles = (hostId: string) => reportOf(error, { hostId }).actions.map(a => a.title);
    expect(titles('ssh:a')).toEqual(['Connect in Terminal', 'Retry', 'Open Log']);
    expect(titles('local')).toEqual(['Retry', 'Open Log']);
  });

  test('a refusal of the verifier leads to its log, a missing clang to its setting', () => {
    const refused = new AgentError('Refused.', AGENT_ERROR_CODES.verifierRejected, {
      kind: 'verifierRejected',
    });
    // Nothing is known of a run: a person is asked.
    const [ask] = reportOf(refused).actions;
    expect(ask).toEqual({ kind: 'command', title: 'Show Verifier Log', command: COMMANDS.showVerifierLog });
    const run = madeRun({ ok: false, error: 'R1 invalid' });
    const [show] = reportOf(new RefusedError(run)).actions;
    expect(show).toMatchObject({ target: { id: run.id, hostId: 'local', file: '/w/a.bpf.c' } });
    // What an agent said of an attachment is kept as it is.
    const told = new AgentError('It is full.', AGENT_ERROR_CODES.verifierRejected, {
      ...{ kind: 'verifierRejected', action: 'Free it.', log: 'x' },
    });
    expect(reportOf(new RefusedError(run, told))).toMatchObject({
      ...{ message: 'It is full. Free it.', detail: 'x' },
      actions: [{ target: { id: run.id } }, {}],
    });
    const clang = new ProblemError({ code: 'clangMissing', message: 'No clang.' });
    expect(reportOf(clang).actions[0]).toMatchObject({ kind: 'settings', query: 'sockmap.clang.path' });
  });

  test('what a kernel lacks leads to the setting that the way out names, if it names one', () => {
    const titles = (action: string) =>
      reportOf(
        new AgentError('It cannot.', AGENT_ERROR_CODES.unsupported, { kind: 'unsupported', action }),
      ).actions.map(({ title }) => title);
    expect(titles('Use --pairing handshake (sockmap.pairing).')).toEqual([
      'Open Settings',
      'Retry',
      'Open Log',
    ]);
    expect(titles('Build sockmap.bpf.o or set sockmap.pairings.')).toEqual(['Open Log']);
  });

  test('cancelling is no error, in whatever shape it comes', () => {
    expect(isCancellation(new ProblemError({ code: 'cancelled', message: '' }))).toBe(true);
    expect(isCancellation(new AgentError('', AGENT_ERROR_CODES.cancelled, { kind: 'cancelled' }))).toBe(true);
    expect(isCancellation(new Error('cancelled'))).toBe(false);
  });

  test('what is thrown otherwise is told as it is', () => {
    expect(reportOf(new Error('boom')).message).toBe('boom');
    expect(reportOf('boom').message).toBe('boom');
    expect(sentences('Why?', undefined)).toBe('Why?');
  });
});

test('every reason has a name and a sentence of its own', () => {
  expect(new Set(STACK_REASONS.map(reasonName)).size).toBe(STACK_REASONS.length);
  expect(new Set(STACK_REASONS.map(reasonText)).size).toBe(STACK_REASONS.length);
});

test('no foreign text makes a link, a table cell or a heading in Markdown', () => {
  fc.assert(
    fc.property(anyText(), text => {
      expect(escapeMarkdown(text).replace(/\\./g, '')).not.toMatch(/[[\]|<>`#\n]/);
    }),
  );
});

describe('rows of the Map Explorer', () => {
  const context = { hostLabel: 'h', attachment: undefined, rate: undefined };
  const node = (socket: ReturnType<typeof row>) =>
    ({ kind: 'socket', id: 's', hostId: 'h', mapId: 5, socket: unpackSocket(socket) }) as const;

  test('a socket shows its figures, its peer and its state', () => {
    const item = mapTreeItem(node(row({ cookie: 1, peer: 2 })), context);
    expect(item.description).toBe('90.0\u00a0% · 8.8 KiB redirected · peer #2 · ESTABLISHED · nginx');
    expect(item.accessibilityInformation?.label).toContain('Socket from 10.0.0.1 40001 to 10.0.0.2 80');
  });

  test('a socket without peer or counters says so', () => {
    const item = mapTreeItem(node(row({ cookie: 1, counted: false })), context);
    expect(item.description).toBe('no peer · ESTABLISHED · nginx');
  });

  test('the tooltip has all columns and why the stack was taken', () => {
    const text = mapTooltip(node(row({ cookie: 1, peer: 2 })), context)?.value ?? '';
    expect(text).toContain('| Bytes redirected | 8\\.8 KiB |');
    expect(text).toContain('overtaking them would reorder');
  });

  test('Copy Value gives all fields', () => {
    expect(mapCopyText([node(row({ cookie: 7 }))])).toContain('cookie: 7\n');
  });

  test('Copy Value of several gives each one line', () => {
    const more = { kind: 'more', id: 'm', hostId: 'h', mapId: 5, shown: 2, total: 9 } as const;
    const text = mapCopyText([node(row({ cookie: 7 })), more, node(row({ cookie: 8 }))]) ?? '';
    const lines = text.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^cookie: 7, .*lastReason: order/);
    expect(lines[1]).toMatch(/^cookie: 8, /);
    expect(mapCopyText([more])).toBeUndefined();
  });

  test('a host without a sockmap leads to Attach', () => {
    const item = mapTreeItem({ kind: 'note', id: 'n', hostId: 'h', note: 'noSockmap' }, context);
    expect(item.label).toBe('There is no sockmap yet');
    expect(item.command).toMatchObject({ command: 'sockmap.attach', arguments: [{ hostId: 'h' }] });
  });
});

describe('rows of the Hosts view', () => {
  const attachment = { ...attachmentNode('h', attachmentInfo('web', 5, [])) };
  const context = { host: undefined, rate: undefined, builtin: true };

  test('only an attachment that may have a source here offers to open it', () => {
    const source = /^attachment\..*\.source/;
    expect(hostTreeItem(attachment, context).contextValue).not.toMatch(source);
    expect(hostTreeItem(attachment, { ...context, builtin: false }).contextValue).toMatch(source);
    const { info } = attachment;
    const policy = { ...attachment, info: { ...info, policyRules: 0 } };
    for (const builtin of [true, false]) {
      expect(hostTreeItem(policy, { ...context, builtin }).contextValue).toMatch(/^attachment\..*\.policy$/);
    }
  });

  test('an attachment that is not as it should be is told to be so once', () => {
    const { info } = attachment;
    const item = (state: typeof info.state) =>
      hostTreeItem({ ...attachment, info: { ...info, state } }, context);
    expect(item('draining').description).toBe('draining · /web · 2 sockets');
    expect(item('draining').accessibilityInformation?.label).toBe('web, draining, /web, 2 sockets');
    expect(item('attached').description).toBe('/web · 2 sockets');
    expect(item('attached').accessibilityInformation?.label).toBe('web, attached, /web, 2 sockets');
  });

  test('a problem is copied with its detail, a program with its id', () => {
    const note = { kind: 'note', id: 'n', hostId: 'h', note: 'problem', message: 'Login refused.' } as const;
    expect(hostCopyText(note, context)).toBe('Login refused.');
    expect(hostCopyText({ ...note, detail: 'publickey' }, context)).toBe('Login refused.\npublickey');
    const [program] = attachmentChildren(
      { hostId: 'h', attachments: [attachment.info], programs: [] },
      'web',
    );
    expect(program && hostCopyText(program, context)).toBe('ops (sock_ops, id 1)');
  });
});

test('the state store keeps, removes and tells of changes once', () => {
  const kept = memento();
  const store = new StateStore(kept);
  let changes = 0;
  store.onDidChange(() => changes++);
  store.update({ socketFilter: 'x', lastHost: 'h' });
  store.update({ socketFilter: 'x' });
  expect(changes).toBe(1);
  expect(new StateStore(kept).value).toMatchObject({ socketFilter: 'x', lastHost: 'h' });
  store.update({ socketFilter: undefined });
  expect(store.value).not.toHaveProperty('socketFilter');
  expect(new StateStore(kept).value.lastHost).toBe('h');
});
