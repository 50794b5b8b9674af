// SPDX-License-Identifier: Apache-2.0
import { PanelSession, type PanelHost } from '../../extension/core/verifierPanel';
import { Messenger } from '../../extension/protocol/messenger';
import { HOST_SIDE, PAGE_SIDE } from '../../extension/protocol/verifierPanel';
import { Panel } from '../../media/verifier/model/panel';
import { showSpread, showTable, spread } from './statistics';
import { longLog } from './verifierLogs';

/**
 * How long the panel takes without its drawing: the page's model on the real session, messages copied on their way
 * as a webview's are. A screen is 60 rows; a jump is to a place anywhere in the log.
 *
 *   npx tsx test/bench/verifierPage.bench.ts [lines...]
 */
const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [380_000, 5_000_000];
const JUMPS = 200;
const SCREEN = 60;

const after = (delayMs: number, action: () => void) => {
  const timer = setTimeout(action, delayMs);
  return { dispose: () => clearTimeout(timer) };
};

async function until(panel: Panel, test: () => boolean): Promise<void> {
  while (!test())
    await new Promise<void>(resolve => {
      const ends = [panel, panel.rows].map(part =>
        part.subscribe(() => {
          ends.forEach(end => end());
          resolve();
        }),
      );
    });
}

function openPanel(pieces: readonly string[]): Panel {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const host: PanelHost = {
    settled: () => Promise.resolve(),
    logs: [{ id: 'a', title: 'a', detail: '', verdict: 'unknown' }],
    read: () => Promise.resolve({ size, pieces }),
    compare: () => ({ runs: [], changes: [] }),
    gone: 'not there',
    noLog: '',
    openPlace: () => Promise.resolve(true),
    copy: () => Promise.resolve(),
    openFrom: () => Promise.resolve(),
    explain: () => undefined,
    words: new Proxy({} as PanelHost['words'], { get: (_, name) => String(name) }),
    texts: {},
    now: () => performance.now(),
    pause: () => new Promise(resolve => setImmediate(resolve)),
    after,
    onFault: message => console.error(message),
  };
  const session: PanelSession = new PanelSession(host, message =>
    setImmediate(() => wire.receive(structuredClone(message))),
  );
  let wire!: Messenger<typeof PAGE_SIDE, typeof HOST_SIDE>;
  return new Panel({
    connect: handlers =>
      (wire = new Messenger({
        ...{ mine: PAGE_SIDE, theirs: HOST_SIDE, handlers, after },
        post: message => setImmediate(() => session.receive(structuredClone(message))),
        onFault: message => console.error(message),
      })),
    saved: {},
    save: () => undefined,
    after,
    language: 'en',
  });
}

async function measure(lines: number): Promise<readonly string[]> {
  const pieces = longLog(lines);
  const panel = openPanel(pieces);
  let top = 0;
  const draw = () => panel.rows.want(top, top + SCREEN);
  panel.subscribe(draw);
  const start = performance.now();
  void panel.start();
  await until(panel, () => panel.rows.get(0) !== undefined);
  const first = performance.now() - start;
  await until(panel, () => panel.phase === 'shown');
  const whole = performance.now() - start;
  const jumps: number[] = [];
  for (let jump = 0; jump < JUMPS; jump++) {
    top = Math.floor(((jump * 0.618) % 1) * (panel.view.rows - SCREEN));
    const begin = performance.now();
    draw();
    await until(panel, () => panel.rows.get(top) !== undefined);
    jumps.push(performance.now() - begin);
  }
  const begin = performance.now();
  panel.find('needle');
  await until(panel, () => panel.search.running);
  await until(panel, () => !panel.search.running);
  const found = performance.now() - begin;
  return [
    panel.view.rows.toLocaleString('en'),
    first.toFixed(0),
    whole.toFixed(0),
    showSpread(spread(jumps)),
    `${found.toFixed(0)} (${panel.search.count})`,
  ];
}

const rows: (readonly string[])[] = [];
for (const lines of SIZES) rows.push(await measure(lines));
console.log(
  showTable(
    ['lines', 'first rows, ms', 'whole log, ms', 'rows of a jump, ms', 'find a text, ms (places)'],
    rows,
  ),
);
process.exit(0);
