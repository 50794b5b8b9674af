// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VerifierLog } from '../../../extension/core/verifierLog';
import { PanelSession, type PanelHost, type ReadingTask } from '../../../extension/core/verifierPanel';
import { parseQuery } from '../../../extension/core/verifierPanel/query';
import { Rows } from '../../../extension/core/verifierPanel/rows';
import { Messenger } from '../../../extension/protocol/messenger';
import {
  HOST_SIDE,
  PAGE_SIDE,
  type PanelState,
  type Place,
  type Summary,
  type View,
} from '../../../extension/protocol/verifierPanel';
import { BRANCH_LOG } from './branchLog';

describe('a query', () => {
  test.each([
    ['', undefined],
    ['#12', { kind: 'insn', insn: 12 }],
    ['r3', { kind: 'register', register: 3 }],
    ['r11', { kind: 'text', text: 'r11' }],
    ['a.bpf.c:12', { kind: 'source', file: 'a.bpf.c', line: 12 }],
    [':12', { kind: 'source', file: undefined, line: 12 }],
    ['R0:1', { kind: 'text', text: 'R0:1' }],
    ['"#12"', { kind: 'text', text: '#12' }],
    ['invalid access', { kind: 'text', text: 'invalid access' }],
  ])('%j', (input, query) => {
    expect(parseQuery(input)).toEqual(query);
  });
});

describe('finding all lines of a text in steps', () => {
  test('gives what looking at each line gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'é'), maxLength: 6 }), { maxLength: 40 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 2 }),
        fc.nat(40),
        fc.nat(40),
        (lines, needle, from, length) => {
          const log = VerifierLog.parse(lines.map(line => `${line}\n`).join(''));
          const wanted = lines.flatMap((line, index) =>
            index >= from && index < from + length && line.toLowerCase().includes(needle) ? [index] : [],
          );
          expect(log.findAll(needle, from, from + length, { ignoreCase: true })).toEqual(wanted);
        },
      ),
    );
  });
});

describe('rows', () => {
  const log = VerifierLog.parse(BRANCH_LOG);
  const rowsOf = (filter: Rows['filter'], folded: number[] = []): number[] => {
    const rows = new Rows(log, filter, new Set(folded));
    while (!rows.extend());
    const lines = Array.from({ length: rows.count }, (_, row) => rows.line(row));
    // A line that is a row is found again; others belong to a row before them.
    lines.forEach((line, row) => expect(rows.row(line)).toBe(row));
    expect(rows.line(rows.count)).toBe(-1);
    return lines;
  };

  test('are all lines without a filter', () => {
    expect(rowsOf('all')).toEqual(Array.from({ length: log.lineCount }, (_, line) => line));
  });

  test('are the lines of a filter', () => {
    expect(rowsOf('instructions')).toEqual([2, 4, 5, 6, 10]);
    expect(rowsOf('source')).toEqual([1, 3, 9]);
    expect(rowsOf('errors')).toEqual([11]);
    expect(rowsOf('unrecognized')).toEqual([]);
  });

  test('leave the first of a folded path, and the paths around it', () => {
    expect(log.pathCount).toBe(2);
    const { firstLine } = log.path(1);
    expect(rowsOf('all', [1])).toEqual(Array.from({ length: firstLine + 1 }, (_, line) => line));
    expect(rowsOf('all', [0])).toEqual([
      0,
      ...Array.from({ length: log.lineCount - firstLine }, (_, i) => firstLine + i),
    ]);
    expect(rowsOf('all', [0, 1])).toEqual([0, firstLine]);
    expect(rowsOf('instructions', [0])).toEqual([2, 10]);
  });
});

interface Page {
  readonly page: Messenger<typeof PAGE_SIDE, typeof HOST_SIDE>;
  readonly session: PanelSession;
  readonly loaded: Promise<{ view: View; summary: Summary; line?: number | undefined }>;
  readonly selected: number[];
  readonly copied: string[];
  readonly opened: Place[];
  readonly failures: string[];
  readonly tasks: readonly ReadingTask[];
  /** Milliseconds that each look at the clock takes, and how often it was looked at. */
  readonly clock: { step: number; looks: number };
}

const WORDS: PanelHost['words'] = {
  processed: 'processed',
  totalStates: 'states',
  peakStates: 'peak',
  statesPerInsn: 'per insn',
  stackOf: 'stack of {0}',
  mainFunction: 'main',
  time: 'time',
  size: 'size',
  ofLimit: '{0} of {1}',
  headMissing: 'head',
  tailMissing: 'tail',
  refused: 'Refused',
  stopped: 'stopped',
};

/** A page without a browser on the real session. */
function openPage(logs: Readonly<Record<string, string>>, pause?: () => Promise<void>): Page {
  const copied: string[] = [];
  const opened: Place[] = [];
  const failures: string[] = [];
  const selected: number[] = [];
  const tasks: ReadingTask[] = [];
  const clock = { step: 0, ahead: 0, looks: 0 };
  const host: PanelHost = {
    settled: () => Promise.resolve(),
    get logs() {
      return Object.keys(logs).map(id => ({ id, title: id, detail: '', verdict: 'unknown' as const }));
    },
    read: id =>
      logs[id] === ''
        ? Promise.reject(new Error('gone'))
        : Promise.resolve({ size: logs[id]?.length ?? 0, pieces: [logs[id] ?? ''] }),
    compare: () => ({ runs: [], changes: [] }),
    gone: 'not there',
    noLog: 'no log',
    onReading: task => tasks.push(task),
    openPlace: place => {
      opened.push(place);
      return Promise.resolve(true);
    },
    copy: text => {
      copied.push(text);
      return Promise.resolve();
    },
    openFrom: () => Promise.resolve(),
    explain: () => undefined,
    words: WORDS,
    texts: { hello: 'Hello' },
    now: () => {
      clock.looks++;
      return performance.now() + (clock.ahead += clock.step);
    },
    pause: pause ?? (() => new Promise(resolve => setImmediate(resolve))),
    after: () => ({ dispose: () => undefined }),
    onFault: message => failures.push(message),
  };
  const session: PanelSession = new PanelSession(host, message => page.receive(message));
  let done: (value: Awaited<Page['loaded']>) => void;
  const loaded = new Promise<Awaited<Page['loaded']>>(resolve => (done = resolve));
  const page: Page['page'] = new Messenger({
    mine: PAGE_SIDE,
    theirs: HOST_SIDE,
    handlers: {
      logs: () => undefined,
      opened: () => undefined,
      progress: () => undefined,
      loaded: (value: Awaited<Page['loaded']>) => done(value),
      failed: (note: { message: string }) => failures.push(note.message),
      select: (note: { line: number }) => selected.push(note.line),
      trace: () => undefined,
      searching: () => undefined,
    },
    post: message => session.receive(message),
    after: host.after,
    onFault: host.onFault,
  });
  return { page, session, loaded, selected, copied, opened, failures, tasks, clock };
}

describe('a panel session', () => {
  const start = async (
    logs: Readonly<Record<string, string>> = { a: BRANCH_LOG },
    state: PanelState = {},
  ) => {
    const parts = openPage(logs);
    await parts.page.request('ready', state);
    return { ...parts, ...(await parts.loaded) };
  };

  test('opens a log at the instruction at fault and sums it up', async () => {
    const { summary, view } = await start();
    expect(view.rows).toBe(summary.lines);
    expect(summary.errorLine).toBe(10);
    expect(summary.explanation).toMatchObject({
      title: 'Refused',
      message: "R2 invalid mem access 'scalar'",
      source: { file: 'a.bpf.c', line: 9 },
    });
    expect(summary.bars[0]).toMatchObject({ label: 'processed', value: 5, limit: 1_000_000 });
    expect(summary.hotInsns).toHaveLength(5);
  });

  test('gives windows of rows, with where the instruction stands', async () => {
    const { page, view } = await start();
    const rows = await page.request('rows', { revision: view.revision, first: 1, count: 2 });
    expect(rows.lines).toEqual([1, 2]);
    expect(rows.insns).toEqual([-1, 0]);
    expect(rows.places).toEqual(['a.bpf.c:7', '']);
    expect(rows.texts[1]?.slice(rows.spans[2], rows.spans[3])).toBe('r2 = *(u32 *)(r1 +0)');
    const stale = await page.request('rows', { revision: view.revision + 1, first: 0, count: 5 });
    expect(stale.lines).toEqual([]);
  });

  test('finds, and shows what a fold or a filter hides', async () => {
    const { page } = await start();
    await expect(page.request('search', { query: 'r2', from: 5 })).resolves.toEqual({
      count: 3,
      index: 2,
      line: 10,
    });
    await expect(page.request('match', { index: 0 })).resolves.toEqual({ line: 2 });
    await page.request('fold', { folded: true });
    const { row, view } = await page.request('locate', { target: { line: 10 }, show: true });
    expect(view.rows).toBeGreaterThan(2);
    const { lines } = await page.request('rows', { revision: view.revision, first: row, count: 1 });
    expect(lines).toEqual([10]);
    await page.request('filter', { filter: 'source' });
    const shown = await page.request('locate', { target: { insn: 4, near: 0 }, show: true });
    expect(shown.view.filter).toBe('all');
  });

  test('tells states and slices, opens sources, copies', async () => {
    const { page, copied, opened } = await start();
    const { frames } = await page.request('state', { line: 2 });
    expect(frames[0]?.cells.find(cell => cell.name === 'r2')).toMatchObject({ changed: true });
    const slice = await page.request('slice', { line: 10, register: 2 });
    expect(slice.steps.map(step => step.line)).toContain(2);
    await page.request('openSource', { line: 10 });
    expect(opened).toEqual([{ file: 'a.bpf.c', line: 9, text: 'return *v;' }]);
    await page.request('copy', { what: 'line', line: 3 });
    await page.request('copy', { what: 'line', line: 10 });
    expect(copied).toEqual([
      '; if (v == 1) @ a.bpf.c:8',
      '; return *v; @ a.bpf.c:9\n4: (61) r0 = *(u32 *)(r2 +0)',
    ]);
    await expect(page.request('state', { line: 1000 })).rejects.toMatchObject({ kind: 'failed' });
  });

  test('follows the cursor in the C file', async () => {
    const { session, selected } = await start();
    await session.follow('a.bpf.c', 8, 'if (v == 1)');
    await session.follow('b.bpf.c', 8, 'if (v == 1)');
    expect(selected).toEqual([4]);
  });

  test('follows the cursor to where it went last, however long the way to an earlier place is', async () => {
    // The line of C that is looked for first has its instruction at the end of the log.
    const long = `${'0: (b7) r0 = 1\n'.repeat(60_000)}; far @ a.bpf.c:1\n1: (b7) r1 = 1\n`;
    const near = '; near @ a.bpf.c:2\n2: (b7) r2 = 1\n';
    let hold = false;
    const held: (() => void)[] = [];
    const parts = openPage({ a: near + long }, () =>
      hold ? new Promise(resolve => held.push(resolve)) : new Promise(resolve => setImmediate(resolve)),
    );
    await parts.page.request('ready', {});
    await parts.loaded;
    hold = true;
    parts.clock.step = 100;
    const first = parts.session.follow('a.bpf.c', 1, 'far');
    await expect.poll(() => held.length).toBe(1);
    parts.clock.step = 0;
    await parts.session.follow('a.bpf.c', 2, 'near');
    held[0]?.();
    await first;
    // One more pause would be one more stretch of lines.
    expect([parts.selected, held.length]).toEqual([[1], 1]);
  });

  test('looks at no line of the log for a line of C that it does not have', async () => {
    const { session, selected, clock } = await start({ a: BRANCH_LOG.repeat(9000) });
    clock.looks = 0;
    await session.follow('b.bpf.c', 8, 'if (v == 2)');
    expect([selected, clock.looks]).toEqual([[], 0]);
  });

  test('comes back to the log, line and filter of before', async () => {
    const state = { log: 'b', line: 4, filter: 'instructions' } as const;
    const { view, line, session } = await start({ a: BRANCH_LOG, b: BRANCH_LOG }, state);
    expect(session.current).toBe('b');
    expect({ filter: view.filter, rows: view.rows, line }).toEqual({
      filter: 'instructions',
      rows: 5,
      line: 4,
    });
  });

  test('follows by the text where the kernel prints no line numbers', async () => {
    const { session, selected } = await start({ a: BRANCH_LOG.replaceAll(/ @ a\.bpf\.c:\d+/g, '') });
    await session.follow('a.bpf.c', 8, 'if (v == 1)');
    await session.follow('a.bpf.c', 8, 'if (v == 2)');
    expect(selected).toEqual([4]);
  });

  test('goes to a line of C by the text where the kernel prints no line numbers', async () => {
    const { page } = await start({ a: BRANCH_LOG.replaceAll(/ @ a\.bpf\.c:\d+/g, '') });
    const lineOf = async (code: string) =>
      (await page.request('locate', { target: { code, near: 5 }, show: true })).line;
    expect(await lineOf('int v = ctx->op;')).toBe(2);
    expect(await lineOf('return *v;')).toBe(10);
    expect(await lineOf('return 0;')).toBe(-1);
  });

  test.each([
    ['every visit', BRANCH_LOG, true],
    ['the last path, as at level 1', BRANCH_LOG.replace('processed 5', 'processed 9'), false],
    // The kernel counts the instruction, but does not print it.
    [
      'a state that is known',
      BRANCH_LOG.replace('\nfrom 1', '\n3: safe\nfrom 1').replace('processed 5', 'processed 7'),
      true,
    ],
    ['no statistics', BRANCH_LOG.replace(/^processed.*\n/m, ''), true],
  ])('knows whether a log holds every visit: %s', async (_, log, exact) => {
    expect((await start({ a: log })).summary.exact).toBe(exact);
  });

  test('leaves the rest of a log out when it is told to stop, and says so', async () => {
    const { page, loaded, tasks } = openPage({ a: BRANCH_LOG.repeat(3000) });
    await page.request('ready', {});
    tasks[0]?.stop();
    const { summary } = await loaded;
    await tasks[0]?.done;
    expect(summary.warnings[0]).toBe('stopped');
    expect(summary.lines).toBeLessThan((BRANCH_LOG.split('\n').length - 1) * 3000);
    expect(tasks[0]?.share()).toBeLessThan(1);
  });

  test('reads a log anew when it is asked for again', async () => {
    const { session, tasks, page } = await start();
    session.show('a');
    await tasks.at(-1)?.done;
    expect(tasks).toHaveLength(2);
    session.hide();
    await page.request('ready', { log: 'a' });
    expect(tasks).toHaveLength(2);
  });

  test('says of a text that is no verifier log that it is none', async () => {
    const { page, failures } = openPage({ a: 'Dear all,\nthe meeting is at ten.\n' });
    await page.request('ready', {});
    await expect.poll(() => failures).toEqual(['no log']);
  });

  test('does not read a log again when its page is back', async () => {
    const { page, session, view } = await start();
    session.hide();
    await session.follow('a.bpf.c', 8, '');
    await page.request('ready', { log: 'a', line: 4 });
    const again = await page.request('filter', { filter: 'all' });
    expect(again).toEqual(view);
  });

  test('says when a log is gone', async () => {
    const { page, failures } = openPage({ a: '' });
    await page.request('ready', {});
    await expect.poll(() => failures).toEqual(['gone']);
  });

  test('shows no other log for one that is not there any more', async () => {
    const { page, session, failures } = openPage({ a: BRANCH_LOG });
    await page.request('ready', { log: 'text:of an earlier window' });
    expect([failures, session.current]).toEqual([['not there'], undefined]);
    session.show('a');
    await expect.poll(() => session.current).toBe('a');
    session.show('pruned');
    expect([failures, session.current]).toEqual([['not there', 'not there'], undefined]);
  });

  test('still shows a log that is gone to a page that was only hidden', async () => {
    const logs: Record<string, string> = { a: BRANCH_LOG };
    const { page, session, loaded, failures } = openPage(logs);
    await page.request('ready', {});
    const { view } = await loaded;
    session.hide();
    delete logs['a'];
    await page.request('ready', { log: 'a' });
    expect(await page.request('filter', { filter: 'all' })).toEqual(view);
    expect([failures, session.current]).toEqual([[], 'a']);
  });
});
