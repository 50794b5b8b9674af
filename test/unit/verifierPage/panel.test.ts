// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { PanelSession, type PanelHost } from '../../../extension/core/verifierPanel';
import { Messenger } from '../../../extension/protocol/messenger';
import { HOST_SIDE, PAGE_SIDE, type PanelState } from '../../../extension/protocol/verifierPanel';
import { Panel } from '../../../media/verifier/model/panel';
import { spoken } from '../../../media/verifier/model/words';
import { BRANCH_LOG } from '../verifierPanel/branchLog';

const WORDS = new Proxy({} as PanelHost['words'], { get: (_, name) => String(name) });
const after = (delayMs: number, action: () => void) => {
  const timer = setTimeout(action, delayMs);
  return { dispose: () => clearTimeout(timer) };
};

/** The page's model on the real session, with messages that are copied on their way as a webview's are. */
async function open(
  logs: Readonly<Record<string, string>>,
  saved: PanelState = {},
  now = () => performance.now(),
) {
  const states: PanelState[] = [];
  const sources: string[] = [];
  const asked: string[] = [];
  const used: (string | undefined)[] = [];
  const copied: string[] = [];
  const host: PanelHost = {
    settled: () => Promise.resolve(),
    logs: Object.keys(logs).map(id => ({ id, title: id, detail: '', verdict: 'unknown' })),
    read: id => {
      const text = logs[id] ?? '';
      return text === ''
        ? Promise.reject(new Error('gone'))
        : Promise.resolve({ size: text.length, pieces: [text] });
    },
    compare: () => ({
      runs: [{ id: 'before', title: 'Yesterday' }],
      changes: [{ run: 'before', title: 'Yesterday', exact: true, sameLines: 2, metrics: [], lines: [] }],
    }),
    gone: 'not there',
    noLog: 'No log.',
    openPlace: place => {
      sources.push(place.text);
      return Promise.resolve(place.text.includes('return'));
    },
    onUsed: () => used.push(session.current),
    copy: text => {
      copied.push(text);
      return Promise.resolve();
    },
    openFrom: () => Promise.resolve(),
    explain: () => undefined,
    words: WORDS,
    texts: { noSource: 'No such file.', matchOf: '{0} of {1}' },
    now,
    pause: () => new Promise(resolve => setImmediate(resolve)),
    after,
    onFault: message => expect.unreachable(message),
  };
  const session: PanelSession = new PanelSession(host, message =>
    setImmediate(() => wire.receive(structuredClone(message))),
  );
  let wire!: Messenger<typeof PAGE_SIDE, typeof HOST_SIDE>;
  const panel = new Panel({
    connect: handlers =>
      (wire = new Messenger({
        ...{ mine: PAGE_SIDE, theirs: HOST_SIDE, handlers, after },
        post: message => {
          asked.push((message as { method?: string }).method ?? '');
          setImmediate(() => session.receive(structuredClone(message)));
        },
        onFault: message => expect.unreachable(message),
      })),
    saved,
    save: state => states.push(state),
    after,
    language: 'en',
  });
  // What the stream does when it is drawn.
  panel.subscribe(() => panel.rows.want(0, 100));
  await panel.start();
  return { panel, states, sources, asked, used, copied, session };
}

describe('the page', () => {
  test('goes to the error of a refused program and reads the state there', async () => {
    const { panel, states } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.state?.line).toBe(10);
    expect(panel).toMatchObject({ phase: 'shown', line: 10, row: 10, reveal: { row: 10 } });
    expect(panel.rows.get(10)?.insn).toBe(4);
    expect(states.at(-1)).toMatchObject({ log: 'a', line: 10, filter: 'all', pane: 'state' });
  });

  test('is again where it was before a reload', async () => {
    const saved = { log: 'b', line: 4, filter: 'instructions', pane: 'hot', query: 'r2' } as const;
    const { panel } = await open({ a: BRANCH_LOG, b: BRANCH_LOG }, saved);
    await expect.poll(() => panel.search.count).toBeGreaterThan(0);
    expect(panel.log?.id).toBe('b');
    expect(panel.line).toBe(4);
    expect(panel.view.filter).toBe('instructions');
    expect(panel.pane).toBe('hot');
  });

  test('finds, goes around, and marks the rows', async () => {
    const { panel } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    panel.find('r2');
    await expect.poll(() => panel.search).toMatchObject({ count: 3, index: 2, running: false });
    await panel.search.go(1);
    await expect.poll(() => panel.line).toBe(2);
    await panel.search.go(-1);
    await expect.poll(() => panel.line).toBe(10);
    await expect.poll(() => panel.rows.get(2)?.found).toBe(true);
    panel.find('');
    await expect.poll(() => panel.rows.get(2)?.found).toBe(false);
  });

  test('gives up a search that takes long, and marks nothing of what it found so far', async () => {
    let clock = 0;
    // Every look at the clock is a step later: each step of the search is told.
    const { panel } = await open({ a: BRANCH_LOG.repeat(12_000) }, {}, () => (clock += 100));
    await expect.poll(() => panel.phase).toBe('shown');
    const seen: number[] = [];
    const end = panel.search.subscribe(() => {
      if (!panel.search.long || !panel.search.running) return;
      seen.push(panel.search.share);
      panel.search.cancel();
    });
    panel.find('r2');
    await expect.poll(() => panel.search.cancelled).toBe(true);
    end();
    // In its midst, and it goes no further.
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeLessThan(1);
    expect(panel.search).toMatchObject({ query: 'r2', count: 0, index: -1, running: false });
    await panel.search.go(1);
    expect(panel.search.index).toBe(-1);
    await expect.poll(() => panel.rows.get(2)?.found).toBe(false);
    panel.find('r2');
    await expect.poll(() => panel.search).toMatchObject({ cancelled: false, count: 36_000 });
    await expect.poll(() => panel.rows.get(2)?.found).toBe(true);
  });

  test('goes on with a search that takes long when the next place is asked for', async () => {
    let clock = 0;
    const { panel } = await open({ a: BRANCH_LOG.repeat(12_000) }, {}, () => (clock += 100));
    await expect.poll(() => panel.phase).toBe('shown');
    let asked = 0;
    const end = panel.search.subscribe(() => {
      if (!panel.search.long || !panel.search.running || asked > 0) return;
      asked++;
      void panel.search.go(1);
    });
    panel.find('r2');
    await expect.poll(() => panel.search).toMatchObject({ running: false, count: 36_000 });
    end();
    expect(asked).toBe(1);
    expect(panel.search.index).toBeGreaterThanOrEqual(0);
  });

  test('follows the cursor of the C file without undoing the filter or a fold', async () => {
    const { panel, session } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    await panel.setFilter('source');
    await session.follow('a.bpf.c', 8, 'if (v == 1)');
    // The instruction is no row: its line of C before it is.
    await expect.poll(() => [panel.line, panel.row]).toEqual([4, 1]);
    expect(panel.view.filter).toBe('source');
    await panel.setFilter('all');
    await panel.fold(undefined, true);
    await session.follow('a.bpf.c', 9, 'return *v;');
    await expect.poll(() => [panel.line, panel.row]).toEqual([10, 1]);
    expect(panel.view.rows).toBe(2);
  });

  test('knows where along the rows the instructions were spent, and where the search found something', async () => {
    const { panel } = await open({ a: BRANCH_LOG });
    // Two paths: instructions 0 to 3, and 4 after a line of C; each was visited once.
    await expect.poll(() => panel.overview.buckets?.rows).toBe(13);
    const { buckets } = panel.overview;
    expect(buckets?.visits).toEqual([0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0]);
    expect(buckets?.insns).toEqual(buckets?.visits);
    panel.find('r2');
    await expect
      .poll(() => panel.overview.buckets?.found.flatMap((count, at) => (count > 0 ? [at] : [])))
      .toEqual([2, 4, 10]);
    await panel.fold(undefined, true);
    await expect.poll(() => panel.overview.buckets).toMatchObject({ rows: 2, lines: [0, 8] });
  });

  test('has the first rows without asking for them', async () => {
    const { panel, asked } = await open({ a: BRANCH_LOG.repeat(600) });
    await expect.poll(() => panel.rows.get(0)?.text).toMatch(/^0: R1=ctx/);
    expect(asked.filter(method => method === 'rows')).toEqual([]);
  });

  test.each([
    ['', BRANCH_LOG],
    [' of a log without line numbers', BRANCH_LOG.replaceAll(/ @ a\.bpf\.c:\d+/g, '')],
  ])('goes to the hot spots%s', async (_, log) => {
    const { panel } = await open({ a: log });
    await expect.poll(() => panel.line).toBe(10);
    const { hotLines = [], hotInsns = [] } = panel.summary ?? {};
    const visit = async (spot: (typeof hotLines)[number] | undefined, line: number) => {
      if (spot !== undefined) panel.goToSpot(spot);
      await expect.poll(() => panel.line).toBe(line);
    };
    await visit(
      hotLines.find(({ text }) => text === 'int v = ctx->op;'),
      2,
    );
    await visit(
      hotLines.find(({ text }) => text === 'if (v == 1)'),
      4,
    );
    await visit(
      hotInsns.find(({ insn }) => insn === 3),
      6,
    );
    expect(panel.complaint).toBe('');
  });

  test('tells a screen reader what the search found, and why there is no log', async () => {
    const { panel } = await open({ a: BRANCH_LOG, b: '' });
    await expect.poll(() => panel.line).toBe(10);
    expect(spoken(panel)).toBe('');
    panel.find('r2');
    await expect.poll(() => spoken(panel)).toBe('3 of 3');
    panel.open('b');
    await expect.poll(() => spoken(panel)).toBe('gone');
  });

  test('keeps its line when rows are folded or filtered away', async () => {
    const { panel } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    await panel.fold(undefined, true);
    expect(panel.view.rows).toBe(2);
    expect([panel.line, panel.row]).toEqual([10, 1]);
    panel.go({ insn: 0, near: 0 });
    await expect.poll(() => panel.line).toBe(2);
    expect(panel.view.rows).toBeGreaterThan(2);
    await panel.setFilter('source');
    expect(panel.view).toMatchObject({ filter: 'source', rows: 3 });
    panel.goToRow(2);
    await expect.poll(() => panel.line).toBe(9);
  });

  test('traces a value and steps along it', async () => {
    const { panel } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    await panel.traceValue({ line: 10, register: 2 });
    expect(panel.pane).toBe('slice');
    const lines = panel.trace?.slice.steps.map(step => step.line) ?? [];
    expect(lines).toContain(2);
    lines.forEach(() => panel.stepTrace(1));
    await expect.poll(() => panel.line).toBe(lines.at(-1));
    panel.endTrace();
    expect(panel.trace).toBeUndefined();
  });

  test('traces the value that its context menu was opened on, while its log is shown', async () => {
    const { panel, session } = await open({ a: BRANCH_LOG, b: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    panel.pointAt(10, { register: 2 });
    session.trace();
    await expect.poll(() => panel.trace?.slice).toMatchObject({ line: 10, target: 'r2' });
    panel.open('b');
    await expect.poll(() => panel.log?.id).toBe('b');
    session.trace();
    await expect.poll(() => panel.phase).toBe('shown');
    expect(panel.trace).toBeUndefined();
  });

  test('tells that it has the keyboard, and which line its context menu is opened on', async () => {
    const { panel, session, used, copied } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.phase).toBe('shown');
    panel.used();
    panel.pointAt(11, undefined);
    await expect.poll(() => used).toEqual(['a', 'a']);
    await session.copy('line');
    expect(copied).toEqual(["R2 invalid mem access 'scalar'"]);
  });

  test('traces what was asked for last, and nothing of another log', async () => {
    const { panel } = await open({ a: BRANCH_LOG, b: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    const first = panel.traceValue({ line: 10, register: 2 });
    await panel.traceValue({ line: 5, register: 0 });
    await first;
    expect(panel.trace?.slice).toMatchObject({ line: 5, target: 'r0' });
    panel.open('b');
    const late = panel.traceValue({ line: 10, register: 2 });
    await expect.poll(() => panel.log?.id).toBe('b');
    await late;
    expect(panel.trace).toBeUndefined();
  });

  test('has its layout and its slice again when its tab is, not those of another log', async () => {
    const { panel, states } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.state?.line).toBe(10);
    expect(panel).toMatchObject({ share: 60, explanationOpen: true });
    await panel.traceValue({ line: 10, register: 2 });
    panel.setPane('hot');
    panel.setShare(42);
    panel.openExplanation(false);
    const saved = states.at(-1);
    expect(saved).toMatchObject({ trace: { line: 10, register: 2 } });
    const again = await open({ a: BRANCH_LOG, b: BRANCH_LOG }, saved);
    expect(again.panel).toMatchObject({ share: 42, explanationOpen: false });
    await expect.poll(() => again.panel.trace?.slice.line).toBe(10);
    expect(again.panel.pane).toBe('hot');
    again.panel.open('b');
    await expect.poll(() => again.panel.phase === 'shown' && again.panel.log?.id).toBe('b');
    expect(again.panel.trace).toBeUndefined();
    again.panel.endTrace();
    expect(again.states.at(-1)).not.toHaveProperty('trace');
  });

  test('keeps a filter that hides the line that it comes back to', async () => {
    const saved = { log: 'a', line: 4, filter: 'source' } as const;
    const { panel } = await open({ a: BRANCH_LOG }, saved);
    await expect.poll(() => [panel.phase, panel.line, panel.row]).toEqual(['shown', 4, 1]);
    expect(panel.view.filter).toBe('source');
  });

  test('compares with another run, anew for every log', async () => {
    const { panel } = await open({ a: BRANCH_LOG, b: BRANCH_LOG });
    await expect.poll(() => panel.phase).toBe('shown');
    panel.setPane('compare');
    await expect.poll(() => panel.comparison?.changes[0]?.run).toBe('before');
    panel.open('b');
    await expect.poll(() => panel.log?.id).toBe('b');
    await expect.poll(() => panel.comparison?.runs).toHaveLength(1);
  });

  test('says what does not work', async () => {
    const { panel, sources } = await open({ a: BRANCH_LOG });
    await expect.poll(() => panel.line).toBe(10);
    panel.openSource();
    panel.openSource({ text: 'int v' });
    await expect.poll(() => panel.complaint).toBe('No such file.');
    expect(sources).toEqual(['return *v;', 'int v']);
    const gone = await open({ a: '' });
    await expect.poll(() => gone.panel.phase).toBe('failed');
    expect(gone.panel.failure).toBe('gone');
    const none = await open({});
    expect(none.panel.phase).toBe('empty');
  });
});
