// SPDX-License-Identifier: Apache-2.0
import type {
  Comparison,
  Filter,
  HotSpot,
  LogInfo,
  PackedRows,
  PageText,
  PanelState,
  Place,
  StateOfLine,
  Summary,
  Target,
  TraceTarget,
  View,
} from '../../../extension/protocol/verifierPanel';
import type { Host, Surroundings } from './host';
import { Latest, wasGivenUp } from './latest';
import { Observable } from './observable';
import { Overview } from './overview';
import { RowCache } from './rowCache';
import { Search } from './search';
import { Trace } from './trace';

export type Phase = 'starting' | 'empty' | 'loading' | 'shown' | 'failed';
export type Pane = NonNullable<PanelState['pane']>;

/** A row to bring on screen; `count` tells one wish from the next. */
export interface Reveal {
  readonly row: number;
  readonly count: number;
}

/** Holding an arrow key down shall not ask for the state of every line that is passed. */
const STATE_DELAY_MS = 50;
const NO_VIEW: View = { revision: 0, filter: 'all', rows: 0 };

/** What the page shows: one log, where one is in it and what is known of that place. */
export class Panel extends Observable {
  readonly #host: Host;
  readonly #surroundings: Surroundings;
  readonly #locating = new Latest();
  readonly #stating = new Latest();
  readonly #tracing = new Latest();
  readonly #number: Intl.NumberFormat;
  #texts: Readonly<Record<string, string>> = {};
  #stateTimer: { dispose(): void } | undefined;
  /** Where the page was before it was hidden, until a log is opened. */
  #saved: PanelState | undefined;
  /** The value that the context menu was opened on. */
  #pointed: TraceTarget | undefined;
  /** What is traced, or will be once the log is there. */
  #traced: TraceTarget | undefined;
  /** The person has gone somewhere while the log came in. */
  #moved = false;
  readonly rows: RowCache;
  readonly search: Search;
  readonly overview: Overview;
  phase: Phase = 'starting';
  logs: readonly LogInfo[] = [];
  log: LogInfo | undefined;
  view = NO_VIEW;
  summary: Summary | undefined;
  progress: { readonly lines: number; readonly share: number } | undefined;
  /** Why there is no log, one sentence. */
  failure = '';
  /** Why the last action did not work, one sentence. */
  complaint = '';
  line = 0;
  row = 0;
  reveal: Reveal = { row: 0, count: 0 };
  state: StateOfLine | undefined;
  trace: Trace | undefined;
  comparison: Comparison | undefined;
  pane: Pane;
  /** Of the stream beside the side pane, in percent. */
  share: number;
  explanationOpen: boolean;

  constructor(surroundings: Surroundings) {
    super();
    this.#surroundings = surroundings;
    this.#number = new Intl.NumberFormat(surroundings.language);
    const { saved } = surroundings;
    this.#saved = saved;
    this.pane = saved.pane ?? 'state';
    this.share = saved.share ?? 60;
    this.explanationOpen = saved.explanationOpen ?? true;
    this.#host = surroundings.connect({
      logs: ({ logs }) => this.#listed(logs),
      opened: ({ log, view, line }) => this.#opened(log, view, line),
      progress: ({ view, lines, share, rows }) => {
        this.progress = { lines, share };
        this.#show(view, rows);
      },
      loaded: ({ view, summary, line }) => this.#loaded(view, summary, line),
      failed: ({ message, log }) => {
        this.phase = 'failed';
        if (log === undefined) this.log = undefined;
        this.failure = message;
        this.changed();
      },
      select: ({ line }) => void this.#locate({ line }, false),
      trace: () => {
        if (this.#pointed) void this.traceValue(this.#pointed);
      },
      searching: ({ count, share }) => this.search.progress(count, share),
    });
    const failed = (error: unknown) => this.#complain(error);
    this.rows = new RowCache(params => this.#host.request('rows', params), failed);
    this.search = new Search(this.#host, { show: line => this.go({ line }), failed });
    this.overview = new Overview(this.#host, failed);
    this.search.subscribe(() => this.changed());
    this.search.query = saved.query ?? '';
  }

  async start(): Promise<void> {
    try {
      const { texts, logs } = await this.#host.request('ready', this.#surroundings.saved);
      this.#texts = texts;
      this.#listed(logs);
    } catch (error) {
      this.phase = 'failed';
      this.failure = messageOf(error);
      this.changed();
    }
  }

  /** A text in the user's language; `{0}` and so on are replaced. */
  t(key: PageText, ...values: readonly (string | number)[]): string {
    return (this.#texts[key] ?? '').replace(/\{(\d)\}/g, (_, index: string) => {
      const value = values[Number(index)] ?? '';
      return typeof value === 'number' ? this.#number.format(value) : value;
    });
  }

  number(value: number): string {
    return this.#number.format(value);
  }

  open(id: string): void {
    this.#do(() => this.#host.request('open', { id }));
  }

  openFrom(from: 'file' | 'clipboard' | 'editor' | 'text'): void {
    // A person may take time to choose a file.
    this.#do(() => this.#host.request('openFrom', { from }, { timeoutMs: 3_600_000 }));
  }

  copy(what: 'line' | 'state'): void {
    this.#do(() => this.#host.request('copy', { what, line: this.line }));
  }

  openSource(place?: Place): void {
    const { line } = this;
    this.#do(async () => {
      const { opened } = await this.#host.request('openSource', place ? { place } : { line });
      if (!opened) this.complain(this.t('noSource'));
    });
  }

  async setFilter(filter: Filter): Promise<void> {
    await this.#rearrange(() => this.#host.request('filter', { filter }));
    if (this.search.query !== '') await this.#find(this.search.query, false);
  }

  /** Folds or unfolds the path of a line, or all paths. */
  fold(line: number | undefined, folded: boolean): Promise<void> {
    const target = line === undefined ? {} : { line };
    return this.#rearrange(() => this.#host.request('fold', { ...target, folded }));
  }

  /** Goes to a place, whatever hides it. */
  go(target: Target): void {
    void this.#locate(target, true);
  }

  /** Goes to a place where a hot spot was visited, the next one each time. */
  goToSpot({ insn, text, place = '' }: HotSpot): void {
    const near = this.line + 1;
    if (insn !== undefined) {
      this.go({ insn, near });
      return;
    }
    const [, file = '', line] = /^(.*):(\d+)$/.exec(place) ?? [];
    if (line === undefined) this.go({ code: text, near });
    else this.go({ sourceLine: Number(line), near, ...(file === '' ? {} : { file }) });
  }

  goToError(): void {
    const line = this.summary?.errorLine;
    if (line !== undefined) this.go({ line });
  }

  /** Goes to a row that is not hidden; does nothing until its line is known. */
  goToRow(row: number): void {
    const wanted = Math.max(0, Math.min(row, this.view.rows - 1));
    const found = this.rows.get(wanted);
    this.reveal = { row: wanted, count: this.reveal.count + 1 };
    if (found) this.#at(found.line, wanted);
    else void this.#fetchRow(wanted);
  }

  async traceValue(target: TraceTarget): Promise<void> {
    try {
      if (await this.#trace(target)) this.setPane('slice');
    } catch (error) {
      this.#complain(error);
    }
  }

  stepTrace(by: 1 | -1): void {
    const line = this.trace?.step(by);
    if (line !== undefined) this.go({ line });
  }

  goToStep(index: number): void {
    const { trace } = this;
    const step = trace?.slice.steps[index];
    if (!trace || !step) return;
    trace.index = index;
    this.go({ line: step.line });
  }

  endTrace(): void {
    this.#tracing.stop();
    this.#traced = undefined;
    this.trace = undefined;
    this.#save();
    this.changed();
  }

  setPane(pane: Pane): void {
    this.pane = pane;
    this.#needComparison();
    this.#save();
    this.changed();
  }

  /** The page has the keyboard now. */
  used(): void {
    this.#host.note('used', {});
  }

  /** A context menu is opened on a line, on a value of it maybe. */
  pointAt(line: number, value: Omit<TraceTarget, 'line'> | undefined): void {
    this.#pointed = value && { line, ...value };
    // Its commands are run by the host: they need not wait for the state of the line.
    this.#host.note('used', { line });
  }

  setShare(share: number): void {
    this.share = share;
    this.#save();
    this.changed();
  }

  openExplanation(open: boolean): void {
    this.explanationOpen = open;
    this.#save();
    this.changed();
  }

  /** Compares with another run, else with the one before. */
  compareWith(run?: string): void {
    this.#do(async () => {
      const { log } = this;
      const found = await this.#host.request('compare', { with: run === undefined ? [] : [run] });
      if (log !== this.log) return;
      this.comparison = found;
      this.changed();
    });
  }

  find(query: string): void {
    void this.#find(query, true);
    this.#save();
  }

  dismiss(): void {
    this.complaint = '';
    this.changed();
  }

  #listed(logs: readonly LogInfo[]): void {
    this.logs = logs;
    if (this.phase === 'starting' || this.phase === 'empty')
      this.phase = logs.length === 0 ? 'empty' : 'loading';
    this.changed();
  }

  /** False when something else was traced meanwhile. */
  async #trace(target: TraceTarget): Promise<boolean> {
    const slice = await this.#tracing.run(options => this.#host.request('slice', target, options));
    if (!slice) return false;
    this.trace = new Trace(slice);
    this.#traced = target;
    this.#save();
    this.changed();
    return true;
  }

  #needComparison(): void {
    if (this.pane === 'compare' && this.phase === 'shown' && !this.comparison) this.compareWith();
  }

  #opened(log: LogInfo, view: View, line: number | undefined): void {
    this.log = log;
    this.phase = 'loading';
    this.summary = undefined;
    this.comparison = undefined;
    this.progress = undefined;
    this.#tracing.stop();
    this.trace = undefined;
    this.#traced = this.#saved?.log === log.id ? this.#saved.trace : undefined;
    this.#saved = undefined;
    this.#pointed = undefined;
    this.state = undefined;
    this.complaint = '';
    this.#moved = false;
    this.line = line ?? 0;
    this.row = 0;
    this.reveal = { row: 0, count: this.reveal.count + 1 };
    this.#show(view);
    this.#save();
  }

  #loaded(view: View, summary: Summary, line: number | undefined): void {
    this.phase = 'shown';
    this.summary = summary;
    this.progress = undefined;
    this.#show(view);
    this.#needComparison();
    // Who comes back finds filter and folds as they were.
    if (!this.#moved) void this.#locate({ line: line ?? summary.errorLine ?? 0 }, line === undefined);
    // What the log has no more of, when it is another file of that name, is not worth a word.
    if (this.#traced) this.#trace(this.#traced).catch(() => this.endTrace());
    const { query } = this.search;
    if (query !== '') void this.#find(query, false);
  }

  async #find(query: string, show: boolean): Promise<void> {
    await this.search.start(query, this.line, show);
    // Rows say whether they are places of the search.
    this.rows.refresh();
    this.overview.refresh();
    this.changed();
  }

  #show(view: View, rows?: PackedRows): void {
    if (view.revision < this.view.revision) return;
    this.view = view;
    this.rows.show(view);
    if (rows) this.rows.put(rows);
    this.overview.show(view, this.phase === 'shown');
    this.changed();
  }

  async #rearrange(change: () => Promise<View>): Promise<void> {
    try {
      this.#show(await change());
      await this.#locate({ line: this.line }, false);
      this.#save();
    } catch (error) {
      this.#complain(error);
    }
  }

  async #locate(target: Target, show: boolean): Promise<void> {
    this.#moved ||= this.phase === 'loading';
    try {
      const found = await this.#locating.run(options =>
        this.#host.request('locate', { target, show }, options),
      );
      if (!found) return;
      this.#show(found.view);
      if (found.line < 0) {
        this.complain(this.t('noSuchLine'));
        return;
      }
      this.reveal = { row: found.row, count: this.reveal.count + 1 };
      this.#at(found.line, found.row);
    } catch (error) {
      this.#complain(error);
    }
  }

  async #fetchRow(row: number): Promise<void> {
    const { revision } = this.view;
    try {
      const packed = await this.#locating.run(options =>
        this.#host.request('rows', { revision, first: row, count: 1 }, options),
      );
      const line = packed?.lines[0];
      if (line !== undefined) this.#at(line, row);
    } catch (error) {
      this.#complain(error);
    }
  }

  #at(line: number, row: number): void {
    this.#moved ||= this.phase === 'loading';
    this.line = line;
    this.row = row;
    this.#stateTimer?.dispose();
    this.#stateTimer = this.#surroundings.after(STATE_DELAY_MS, () => void this.#readState());
    this.#save();
    this.changed();
  }

  async #readState(): Promise<void> {
    try {
      const state = await this.#stating.run(options =>
        this.#host.request('state', { line: this.line }, options),
      );
      if (state) this.state = state;
    } catch (error) {
      this.state = undefined;
      this.#complain(error);
    }
    this.changed();
  }

  #save(): void {
    this.#surroundings.save({
      line: this.line,
      filter: this.view.filter,
      pane: this.pane,
      query: this.search.query,
      share: this.share,
      explanationOpen: this.explanationOpen,
      ...(this.#traced ? { trace: this.#traced } : {}),
      ...(this.log ? { log: this.log.id } : {}),
    });
  }

  #do(action: () => Promise<unknown>): void {
    action().catch((error: unknown) => this.#complain(error));
  }

  #complain(error: unknown): void {
    if (!wasGivenUp(error)) this.complain(messageOf(error));
  }

  /** Says that something did not work. */
  complain(message: string): void {
    this.complaint = message;
    this.changed();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
