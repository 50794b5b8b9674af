// SPDX-License-Identifier: Apache-2.0
import { type After, type CancelSignal, type Handlers, Messenger } from '../../protocol/messenger';
import {
  HOST_SIDE,
  PAGE_SIDE,
  type Comparison,
  type LogInfo,
  type PanelState,
  type Place,
  type Summary,
} from '../../protocol/verifierPanel';
import type { Disposable } from '../util/disposable';
import { LineKind } from '../verifierLog';
import { PanelDocument } from './document';
import { holdsVerifierLog } from './recognize';
import { placeOf, placeText, summarizeLog, type Explain, type SummaryWords } from './summary';

/** A log that is read piece by piece. */
export interface LogData {
  /** Bytes, or characters of a text; only the share that is read is told from it. */
  readonly size: number;
  /** Pieces of any size, cut anywhere. */
  readonly pieces: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
}

/** A log that is being read, so that a long one can be given up. */
export interface ReadingTask {
  readonly title: string;
  /** From 0 to 1. */
  readonly share: () => number;
  /** Leaves the rest of the log out. */
  readonly stop: () => void;
  /** Resolves when nothing more is read. */
  readonly done: Promise<void>;
}

/** What a panel needs of the window that it is in. */
export interface PanelHost {
  /** Resolves when the logs of earlier windows are known. */
  settled(): Promise<void>;
  readonly logs: readonly LogInfo[];
  /** Rejects with one sentence when the log is gone. */
  read(id: string): Promise<LogData>;
  /** How a log's run differs from others. */
  compare(id: string, others: readonly string[]): Comparison;
  /** Opens a place in the sources; false when there is no such file. */
  openPlace(place: Place): Promise<boolean>;
  copy(text: string): Promise<void>;
  openFrom(from: 'file' | 'clipboard' | 'editor' | 'text', current: string | undefined): Promise<void>;
  readonly explain: Explain;
  readonly words: SummaryWords;
  /** Said of a text that is no verifier log. */
  readonly noLog: string;
  /** The page's own strings. */
  readonly texts: Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly pause: () => Promise<void>;
  readonly after: After;
  readonly onFault: (message: string) => void;
  /** A log starts to be read; who watches can give it up. */
  readonly onReading?: (task: ReadingTask) => void;
}

/** Bytes or characters that are parsed at once. The first of them are shown, so that rows are there at once. */
const PIECE = 1 << 18;
/** Milliseconds after which others have their turn. */
const TURN_MS = 12;
/** Rows that go to the page with the first word on how far it is: more than a screen has. */
const FIRST_ROWS = 250;
/** Milliseconds between two notes on how far it is. */
const PROGRESS_MS = 60;

/** The host's end of one panel: the log that it shows and the answers to its questions. */
export class PanelSession implements Disposable {
  readonly #host: PanelHost;
  readonly #messenger: Messenger<typeof HOST_SIDE, typeof PAGE_SIDE>;
  #document: PanelDocument;
  #info: LogInfo | undefined;
  /** Counts the logs that were opened, so that one that is still coming in ends when another is asked for. */
  #opening = 0;
  #ready = false;
  /** A log that was asked for before the page was there. */
  #wanted: string | undefined;
  /** What is said of the document once all of it is there. */
  #summary: Summary | undefined;
  #line = 0;

  constructor(host: PanelHost, post: (message: unknown) => void) {
    this.#host = host;
    this.#document = new PanelDocument(1, host);
    this.#messenger = new Messenger({
      mine: HOST_SIDE,
      theirs: PAGE_SIDE,
      handlers: this.#handlers(),
      post,
      after: host.after,
      onFault: host.onFault,
    });
  }

  /** The log that is shown. */
  get current(): string | undefined {
    return this.#info?.id;
  }

  /** Every message of the page goes here. */
  receive(message: unknown): void {
    this.#messenger.receive(message);
  }

  /** The page is hidden and gone; nothing is done until it is back. */
  hide(): void {
    this.#opening++;
    this.#ready = false;
  }

  /** Shows a log; one that is shown already starts again at its error. */
  show(id: string): void {
    if (this.#ready) void this.#open(id, undefined);
    else this.#wanted = id;
  }

  logsChanged(): void {
    if (this.#ready) this.#messenger.note('logs', { logs: [...this.#host.logs] });
  }

  /** The cursor is on a line of C: goes to its instruction, the next from the selected one on. */
  async follow(file: string, sourceLine: number, code: string): Promise<void> {
    if (!this.#ready) return;
    const document = this.#document;
    const near = this.#line;
    const byNumber = await document.locate({ sourceLine, file, near }, false);
    const { line } =
      byNumber.line >= 0 || code === '' ? byNumber : await document.locate({ code, near }, false);
    if (line < 0 || document !== this.#document) return;
    this.#line = line;
    this.#messenger.note('select', { line });
  }

  /** Copies a line, else the selected one, or its state. */
  async copy(what: 'line' | 'state', line = this.#line): Promise<void> {
    const { log } = this.#document;
    this.#existing(line);
    const source = log.kind(line) === LineKind.Insn ? log.source(line) : undefined;
    const place = source === undefined ? '' : placeText(source);
    const code = source === undefined ? '' : `; ${source.text}${place === '' ? '' : ` @ ${place}`}\n`;
    await this.#host.copy(
      what === 'line' ? `${code}${log.text(line)}` : `${code}${await this.#document.stateText(line)}`,
    );
  }

  /** Opens the line of C of the selected line; false when there is none at hand. */
  async goToSource(): Promise<boolean> {
    return this.#openSource({ line: this.#line });
  }

  dispose(): void {
    this.#opening++;
    this.#messenger.dispose();
  }

  #handlers(): Handlers<typeof HOST_SIDE> {
    const document = () => this.#document;
    return {
      ready: state => this.#start(state),
      open: ({ id }) => {
        void this.#open(id, undefined);
        return undefined;
      },
      rows: ({ revision, first, count }) => document().rows(revision, first, count),
      overview: ({ revision, buckets }) => document().overview(revision, buckets),
      filter: ({ filter }) => document().setFilter(filter),
      fold: ({ line, folded }) => document().fold(line, folded),
      locate: ({ target, show }) => document().locate(target, show),
      state: ({ line }) => {
        this.#line = line;
        return document().state(this.#existing(line));
      },
      slice: request => document().slice({ ...request, line: this.#existing(request.line) }),
      search: ({ query, from }, signal) => this.#search(query, from, signal),
      match: ({ index }) => ({ line: document().match(index) }),
      openSource: async request => ({ opened: await this.#openSource(request) }),
      copy: async ({ what, line }) => {
        await this.copy(what, line);
        return undefined;
      },
      compare: ({ with: others }) => this.#host.compare(this.current ?? '', others),
      openFrom: async ({ from }) => {
        await this.#host.openFrom(from, this.current);
        return undefined;
      },
    };
  }

  #existing(line: number): number {
    if (line < this.#document.log.lineCount) return line;
    throw new RangeError(`The log has no line ${line + 1}.`);
  }

  async #start(state: PanelState) {
    await this.#host.settled();
    this.#ready = true;
    const { logs, texts } = this.#host;
    const asked = this.#wanted;
    const wanted = asked ?? this.current ?? state.log;
    this.#wanted = undefined;
    const there = logs.find(log => log.id === wanted) ?? logs[0];
    if (there) void this.#open(there.id, there.id === state.log ? state : undefined, asked === undefined);
    return { texts: { ...texts }, logs: [...logs] };
  }

  /** `back`: the page was hidden and is back, so what is read already is not read again. */
  async #open(id: string, restored: PanelState | undefined, back = false): Promise<void> {
    const turn = ++this.#opening;
    const info = this.#host.logs.find(log => log.id === id);
    if (!info) return;
    const line = restored?.line === undefined ? {} : { line: restored.line };
    this.#line = restored?.line ?? this.#summary?.errorLine ?? 0;
    if (back && info.id === this.#info?.id && this.#summary !== undefined) {
      const { view } = this.#document;
      this.#messenger.note('opened', { log: info, view, ...line });
      this.#messenger.note('loaded', { view, summary: this.#summary, ...line });
      return;
    }
    const { revision } = this.#document.view;
    const document = new PanelDocument(revision + 1, this.#host);
    this.#document = document;
    this.#info = info;
    this.#summary = undefined;
    this.#line = restored?.line ?? 0;
    const reading = { stopped: false, share: 0 };
    let done = (): void => undefined;
    this.#host.onReading?.({
      title: info.title,
      share: () => reading.share,
      stop: () => (reading.stopped = true),
      done: new Promise(resolve => (done = resolve)),
    });
    try {
      const read = this.#host.read(id);
      if (restored?.filter !== undefined) await document.setFilter(restored.filter);
      this.#messenger.note('opened', { log: info, view: document.view, ...line });
      const data = await read;
      if (!(await this.#feed(document, data, turn, reading))) return;
      if (!reading.stopped && !holdsVerifierLog(document.log)) throw new Error(this.#host.noLog);
      // The explanation asks for the state at the error.
      const { insnLine } = document.log.failure() ?? {};
      if (insnLine !== undefined) await document.approach(insnLine);
      if (turn !== this.#opening) return;
      const whole = summarizeLog(document.log, this.#host.explain, this.#host.words);
      const summary = reading.stopped
        ? { ...whole, warnings: [this.#host.words.stopped, ...whole.warnings] }
        : whole;
      this.#summary = summary;
      if (restored?.line === undefined) this.#line = summary.errorLine ?? 0;
      this.#messenger.note('loaded', { view: document.view, summary, ...line });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (turn === this.#opening) this.#messenger.note('failed', { message });
    } finally {
      done();
    }
  }

  /** False when another log was asked for meanwhile. */
  async #feed(
    document: PanelDocument,
    data: LogData,
    turn: number,
    reading: { readonly stopped: boolean; share: number },
  ): Promise<boolean> {
    let told = -PROGRESS_MS;
    let paused = -TURN_MS;
    let done = 0;
    let first = true;
    for await (const whole of data.pieces) {
      for (let at = 0; at < whole.length && turn === this.#opening && !reading.stopped;) {
        const end = cut(whole, at, PIECE);
        document.log.push(typeof whole === 'string' ? whole.slice(at, end) : whole.subarray(at, end));
        done += end - at;
        at = end;
        reading.share = done / Math.max(done, data.size);
        const now = this.#host.now();
        if (now - paused < TURN_MS) continue;
        if (now - told >= PROGRESS_MS && done < data.size) {
          told = now;
          await document.grow();
          const { view } = document;
          this.#messenger.note('progress', {
            ...{ view, lines: document.log.lineCount, share: done / data.size },
            ...(first && view.rows > 0 ? { rows: document.rows(view.revision, 0, FIRST_ROWS) } : {}),
          });
          first &&= view.rows === 0;
        }
        await this.#host.pause();
        if (turn !== this.#opening) return false;
        paused = this.#host.now();
      }
      if (reading.stopped) break;
    }
    if (turn !== this.#opening) return false;
    document.log.end();
    await document.grow();
    return true;
  }

  async #search(query: string, from: number, signal: CancelSignal) {
    let told = this.#host.now();
    return this.#document.search(query, from, {
      cancelled: () => signal.cancelled,
      onCount: (count, share) => {
        const now = this.#host.now();
        if (now - told < PROGRESS_MS) return;
        told = now;
        this.#messenger.note('searching', { count, share });
      },
    });
  }

  async #openSource(request: { line: number } | { place: Place }): Promise<boolean> {
    if ('place' in request) return this.#host.openPlace(request.place);
    const source = this.#document.log.source(this.#existing(request.line));
    return source === undefined ? false : this.#host.openPlace(placeOf(source));
  }
}

/** End of the next piece: behind a newline where there is one, so that large pieces are kept without a copy. */
function cut(data: Uint8Array | string, at: number, size: number): number {
  if (at + size >= data.length) return data.length;
  const newline =
    typeof data === 'string' ? data.lastIndexOf('\n', at + size - 1) : data.lastIndexOf(10, at + size - 1);
  return newline > at ? newline + 1 : at + size;
}
