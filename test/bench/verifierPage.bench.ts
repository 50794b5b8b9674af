// SPDX-License-Identifier: Apache-2.0
import { PanelSession, type PanelHost } from '../../extension/core/verifierPanel';
import { Messenger } from '../../extension/protocol/messenger';
import { HOST_SIDE, PAGE_SIDE } from '../../extension/protocol/verifierPanel';
import { Panel } from '../../media/verifier/model/panel';
import { showSpread, showTable, spread } from './statistics';

/**
 * How long the panel takes without its drawing: the page's model on the real session, messages copied on their way
 * as a webview's are. A screen is 60 rows; a jump is to a place anywhere in the log.
 *
 *   npx tsx test/bench/verifierPage.bench.ts [lines...]
 */
const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [380_000, 5_000_000];
const JUMPS = 200;
const SCREEN = 60;
/** Once in this many lines. */
const RARE = 100_000;

const LOOP = [
  '; sum += data[i]; @ loop.bpf.c:21',
  '12: (71) r1 = *(u8 *)(r0 +4)          ; R0=pkt(r=64) R1_w=scalar(smin=smin32=0,smax=umax=255,var_off=(0x0; 0xff))',
  '13: (0f) r6 += r1                     ; R1_w=scalar(smin=smin32=0,smax=umax=255) R6_w=scalar()',
  '14: (07) r7 += 1                      ; R7_w=5',
  '15: (55) if r7 != 0x40 goto pc-4      ; R7_w=5',
];

function logOf(lines: number): string[] {
  const round = `${LOOP.join('\n')}\n`;
  const pieces = Array.from({ length: Math.floor(RARE / LOOP.length) - 1 }, () => round).join('');
  const block = `${pieces}; needle = 1; @ loop.bpf.c:30\n16: (b7) r8 = 1\n17: (bf) r9 = r8\n18: (bf) r9 = r8\n19: (bf) r9 = r8\n`;
  return Array.from({ length: Math.ceil(lines / RARE) }, () => block);
}

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
  const pieces = logOf(lines);
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
