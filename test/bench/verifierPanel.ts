// SPDX-License-Identifier: Apache-2.0
/** The Verifier Log panel with huge logs in the real workbench: first screen, scrolling, search. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import type { App } from '../../media/verifier/components/app';
import { until } from '../e2e/page/until';
import { VerifierPanel } from '../e2e/page/verifierPanel';
import { Session } from '../e2e/session';
import { temporaryFolder } from '../rig/checkout';
import { freshVsix } from '../rig/vsix';
import { workbenchVersions } from '../rig/workbenchInstall';
import { type Box, dragScrollbar, framesOf, type Smoothness, turnWheel } from './frames';
import { showSpread, showTable, type Spread, spread } from './statistics';
import { longLog } from './verifierLogs';

const MEDIUM = 371_000;
const HUGE = 5_000_000;
const NAMES = ['medium.log', 'huge.log', 'small.log'];
const LAST_WORDS = [
  '; return last_words; @ loop.bpf.c:40',
  '20: (95) exit',
  'processed 4000000 insns (limit 1000000) max_states_per_insn 4 total_states 9 peak_states 9 mark_read 1',
  '',
].join('\n');

export interface PanelResult {
  /** Milliseconds from the request to open the 25 MB log to its first rows on screen. */
  readonly firstScreen: Spread;
  /** Milliseconds until all of it is there. */
  readonly whole: Spread;
  /** The same of the huge log, opened once. */
  readonly hugeFirstScreen: number;
  readonly hugeWhole: number;
  /** By what is done, in an empty page and in the huge log, round by round. */
  readonly frames: Readonly<Record<string, readonly Smoothness[]>>;
  /** Seconds of a search for a text at the end of the huge log, and how often it said how far it is. */
  readonly search: readonly number[];
  readonly searchNotes: number;
  /** Milliseconds from giving a search up to the answer to the next question. */
  readonly afterCancel: number;
}

async function writeLog(path: string, lines: number): Promise<void> {
  const file = createWriteStream(path);
  for (const piece of [...longLog(lines), LAST_WORDS]) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
}

/** Opens a log as the chooser of the panel does; milliseconds to its first rows on screen and to its end. */
function openLog(frame: Frame, name: string): Promise<{ first: number; whole: number }> {
  return frame.evaluate(async title => {
    const app = document.querySelector<App>('verifier-app');
    const panel = app?.panel;
    const rows = app?.shadowRoot?.querySelector('verifier-stream')?.shadowRoot;
    const log = panel?.logs.find(known => known.title === title);
    if (!panel || !rows || !log) throw new Error(`the panel has no log ${title}.`);
    const { revision } = panel.view;
    const start = performance.now();
    panel.open(log.id);
    while (panel.view.revision === revision || !rows.querySelector('.row:not(.waiting) .text'))
      await new Promise(requestAnimationFrame);
    // A frame that begins after one with the rows: they are on screen.
    await new Promise(requestAnimationFrame);
    const first = performance.now() - start;
    while (panel.phase !== 'shown') await new Promise(requestAnimationFrame);
    return { first, whole: performance.now() - start };
  }, name);
}

/** Looks for a text; seconds until it is found and shown, and how often it was said how far the search is. */
function findText(frame: Frame, text: string): Promise<{ seconds: number; count: number; notes: number }> {
  return frame.evaluate(async query => {
    const panel = document.querySelector<App>('verifier-app')?.panel;
    if (!panel) throw new Error('there is no panel.');
    const { search } = panel;
    let notes = -2;
    const end = search.subscribe(() => notes++);
    const start = performance.now();
    panel.find(query);
    while (search.running || panel.rows.get(panel.row)?.line !== panel.line)
      await new Promise(requestAnimationFrame);
    end();
    return { seconds: (performance.now() - start) / 1000, count: search.count, notes };
  }, text);
}

/** Gives a search up; milliseconds until the host answers the next question. */
function giveUp(frame: Frame): Promise<number> {
  return frame.evaluate(async () => {
    const panel = document.querySelector<App>('verifier-app')?.panel;
    if (!panel) throw new Error('there is no panel.');
    panel.find('no such text');
    await new Promise(resolve => setTimeout(resolve, 100));
    if (!panel.search.running) throw new Error('the search was over before it could be given up.');
    const start = performance.now();
    panel.find('');
    const row = Math.floor(panel.view.rows / 3);
    panel.goToRow(row);
    while (panel.rows.get(row) === undefined) await new Promise(resolve => setTimeout(resolve, 1));
    return performance.now() - start;
  });
}

export async function benchVerifierPanel(rounds: number, say: (text: string) => void): Promise<PanelResult> {
  await freshVsix();
  const version = workbenchVersions.at(-1);
  if (version === undefined) throw new Error('there is no workbench.');
  const logs = await temporaryFolder('panel-logs');
  for (const name of NAMES) await writeFile(join(logs.path, name), LAST_WORDS);
  const session = await Session.start('panel-bench', { version, fixtures: logs.path });
  try {
    const { page } = session;
    const panel = new VerifierPanel(page.page);
    // An editor takes no file of this size: the panel gets to know the files while they are small.
    for (const name of NAMES) {
      await page.openFile(name);
      const shown = panel.find(`verifier-toolbar .log[title^="${name}"]`);
      await until(`${name} in the panel`, async () => {
        await page.runCommand('Sockmap: Open Verifier Log…');
        await page.quickInput.pick(/Active Text Editor/);
        // Whatever takes the focus meanwhile closes the box.
        return shown.waitFor({ timeout: 5_000 }).then(
          () => true,
          () => undefined,
        );
      });
    }
    await page.runCommand('View: Close All Editors');
    await writeLog(join(session.folder, 'medium.log'), MEDIUM);
    await writeLog(join(session.folder, 'huge.log'), HUGE);
    await page.runCommand('View: Toggle Maximized Panel');
    await page.screenshot('maximized');
    const frame = await panel.frame();
    const opened: { first: number; whole: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      await openLog(frame, 'small.log');
      opened.push(await openLog(frame, 'medium.log'));
    }
    say(`25 MB: first rows ${opened.map(({ first }) => first.toFixed(0)).join(' ')} ms`);
    const huge = await openLog(frame, 'huge.log');
    say(`5,000,000 lines: first rows ${huge.first.toFixed(0)} ms, all ${huge.whole.toFixed(0)} ms`);
    const frames = await scrolling(session, panel, frame, rounds);
    const found = await findText(frame, 'last_words');
    if (found.count !== 1) throw new Error(`the text was found ${found.count} times.`);
    const again = [found.seconds];
    for (let round = 1; round < rounds; round++) {
      await findText(frame, '');
      again.push((await findText(frame, 'last_words')).seconds);
    }
    return {
      firstScreen: spread(opened.map(({ first }) => first)),
      whole: spread(opened.map(({ whole }) => whole)),
      hugeFirstScreen: huge.first,
      hugeWhole: huge.whole,
      frames,
      search: again,
      searchNotes: found.notes,
      afterCancel: await giveUp(frame),
    };
  } catch (error) {
    await session.page.screenshot('failed');
    throw error;
  } finally {
    await session.stop();
    await logs.remove();
  }
}

/** The same movements over an empty page of the same height and over the log, in turn. */
async function scrolling(
  { page: { page } }: Session,
  panel: VerifierPanel,
  frame: Frame,
  rounds: number,
): Promise<PanelResult['frames']> {
  const empty = await page.context().newPage();
  await empty.setContent('<style>body{margin:0}div{height:4000000px}</style><div></div>');
  const viewport = empty.viewportSize() ?? { width: 0, height: 0 };
  const whole: Box = { x: 0, y: 0, ...viewport };
  const box = await panel.stream.boundingBox();
  if (box === null) throw new Error('the log is not shown.');
  const inset = await panel.stream.evaluate(
    ({ offsetWidth, clientWidth }: HTMLElement) => offsetWidth - clientWidth,
  );
  const found: Record<string, Smoothness[]> = {};
  const add = async (name: string, of: Frame, work: () => Promise<void>): Promise<void> => {
    await of.page().bringToFront();
    (found[name] ??= []).push(await framesOf(of, work));
  };
  for (let round = 0; round < rounds; round++) {
    await add('empty page, wheel', empty.mainFrame(), () => turnWheel(empty, whole));
    await add('log, wheel', frame, () => turnWheel(page, box));
    await add('empty page, scrollbar', empty.mainFrame(), () => dragScrollbar(empty, whole, inset / 2));
    await add('log, scrollbar', frame, () => dragScrollbar(page, box, inset / 2));
    if ((await panel.stream.evaluate(({ scrollTop }) => scrollTop)) < 1_000_000)
      throw new Error('the scrollbar was not dragged.');
    await empty.evaluate(() => window.scrollTo(0, 0));
    await panel.stream.evaluate(scroller => (scroller.scrollTop = 0));
  }
  await empty.close();
  await page.bringToFront();
  return found;
}

export function showVerifierPanel(result: PanelResult): string {
  const middle = (all: readonly Smoothness[], of: keyof Smoothness): number =>
    spread(all.map(one => one[of])).median;
  const rows = Object.entries(result.frames).map(([name, all]) => [
    name,
    middle(all, 'median').toFixed(1),
    middle(all, 'p95').toFixed(1),
    Math.max(...all.map(({ worst }) => worst)).toFixed(0),
    `${(100 * middle(all, 'late')).toFixed(1)} %`,
    `${(100 * middle(all, 'waiting')).toFixed(1)} %`,
  ]);
  return [
    `25 MB log: first rows after ${showSpread(result.firstScreen)} ms, all of it after ${showSpread(result.whole)} ms`,
    `5,000,000 lines: first rows after ${result.hugeFirstScreen.toFixed(0)} ms, all after ${result.hugeWhole.toFixed(0)} ms`,
    showTable(
      [
        'frames while scrolling 5,000,000 lines',
        'median, ms',
        '95 %, ms',
        'worst, ms',
        '> 17 ms',
        'rows missing',
      ],
      rows,
    ),
    `a text at the end of 5,000,000 lines: found after ${showSpread(spread(result.search))} s, told ${result.searchNotes} times how far; given up within ${result.afterCancel.toFixed(0)} ms`,
  ].join('\n');
}
