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
import type { Turns } from '../util/turns';
import { feedLog, LineKind, type LogPieces } from '../verifierLog';
import { PanelDocument } from './document';
import { holdsVerifierLog } from './recognize';
import { placeOf, placeText, summarizeLog, type Explain, type SummaryWords } from './summary';

/** A log that is read piece by piece. */
export interface LogData {
  /** Bytes, or characters of a text; only the share that is read is told from it. */
  readonly size: number;
  readonly pieces: LogPieces;
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
export interface PanelHost extends Turns {
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
  /** Said of a log that is not there any more. */
  readonly gone: string;
  /** Said of a text that is no verifier log. */
  readonly noLog: string;
  /** The page's own strings. */
  readonly texts: Readonly<Record<string, string>>;
  readonly after: After;
  readonly onFault: (message: string) => void;
  /** The panel shows a log from now on. */
  readonly onShown?: (log: LogInfo) => void;
  /** The panel has the keyboard now. */
  readonly onUsed?: () => void;
  /** A log starts to be read; who watches can give it up. */
  readonly onReading?: (task: ReadingTask) => void;
}

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
  /** Counts the moves of the cursor: only the last one is followed. */
  #following = 0;
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
    const turn = ++this.#following;
    const document = this.#document;
    const near = this.#line;
    const outdated = () => turn !== this.#following || document !== this.#document || !this.#ready;
    if (outdated()) return;
    const byNumber = await document.locate({ sourceLine, file, near }, false, outdated);
    const { line } =
      byNumber.line >= 0 || code === '' ? byNumber : await document.locate({ code, near }, false, outdated);
    if (line < 0 || outdated()) return;
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

  /** Traces the value that the context menu was opened on. */
  trace(): void {
    this.#messenger.note('trace', {});
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
      locate: ({ target, show }, signal) => document().locate(target, show, () => signal.cancelled),
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
      used: ({ line }) => {
        if (line !== undefined && line < this.#document.log.lineCount) this.#line = line;
        this.#host.onUsed?.();
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
    const id = wanted ?? logs[0]?.id;
    if (id !== undefined) void this.#open(id, id === state.log ? state : undefined, asked === undefined);
    return { texts: { ...texts }, logs: [...logs] };
  }

  /** `back`: the page was hidden and is back, so what is read already is not read again. */
  async #open(id: string, restored: PanelState | undefined, back = false): Promise<void> {
    const turn = ++this.#opening;
    const held = back && this.#summary !== undefined && this.#info?.id === id ? this.#info : undefined;
    const info = this.#host.logs.find(log => log.id === id) ?? held;
    if (!info) {
      // Another log would be taken for the one that was asked for.
      this.#info = undefined;
      this.#summary = undefined;
      this.#document = new PanelDocument(this.#document.view.revision + 1, this.#host);
      this.#messenger.note('failed', { message: this.#host.gone });
      return;
    }
    this.#host.onShown?.(info);
    const line = restored?.line === undefined ? {} : { line: restored.line };
    this.#line = restored?.line ?? this.#summary?.errorLine ?? 0;
    if (held !== undefined && this.#summary !== undefined) {
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
      if (turn === this.#opening) this.#messenger.note('failed', { message, log: id });
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
    let done = 0;
    let first = true;
    await feedLog(document.log, data.pieces, {
      now: this.#host.now,
      pause: this.#host.pause,
      stopped: () => turn !== this.#opening || reading.stopped,
      onFed: length => {
        done = length;
        reading.share = done / Math.max(done, data.size);
      },
      onTurn: async () => {
        const now = this.#host.now();
        if (now - told < PROGRESS_MS || done >= data.size) return;
        told = now;
        await document.grow();
        if (turn !== this.#opening) return;
        const { view } = document;
        this.#messenger.note('progress', {
          ...{ view, lines: document.log.lineCount, share: done / data.size },
          ...(first && view.rows > 0 ? { rows: document.rows(view.revision, 0, FIRST_ROWS) } : {}),
        });
        first &&= view.rows === 0;
      },
    });
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
