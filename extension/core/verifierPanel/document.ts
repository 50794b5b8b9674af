// SPDX-License-Identifier: Apache-2.0
import {
  type Filter,
  type Located,
  type Overview,
  MAX_ROW_TEXT,
  type PackedRows,
  type SliceOfValue,
  type StateOfLine,
  type Target,
  type View,
} from '../../protocol/verifierPanel';
import { LineKind, VerifierLog } from '../verifierLog';
import { OverviewScan } from './overview';
import { parseQuery } from './query';
import { Rows, shows } from './rows';
import { Search } from './search';
import { placeText } from './summary';

/** Lets other work of the process run; rejects nothing. */
export type Pause = () => Promise<void>;

/** Lines that {@link PanelDocument.locate} looks at before it pauses. */
const LOCATE_STEP = 50_000;
const STEP_MS = 12;
/** Bytes that are taken of a line for a row. */
const LONGEST_ROW = 4 * MAX_ROW_TEXT;

/** A line of C by its text, for logs without line numbers: those of kernels before 6.8. */
export interface CodeTarget {
  readonly code: string;
  readonly near: number;
}

/** One log as the panel shows it: rows under a filter and with folded paths, search, states and slices. */
export class PanelDocument {
  readonly log = new VerifierLog();
  readonly #pause: Pause;
  readonly #now: () => number;
  readonly #folded = new Set<number>();
  #rows: Rows;
  #revision: number;
  #search: Search | undefined;
  #givenUp: () => boolean = () => false;

  /** `revision` is the first to use: above that of the document before. */
  constructor(revision: number, tools: { readonly pause: Pause; readonly now: () => number }) {
    this.#revision = revision;
    this.#pause = tools.pause;
    this.#now = tools.now;
    this.#rows = new Rows(this.log, 'all', this.#folded);
  }

  get view(): View {
    return { revision: this.#revision, filter: this.#rows.filter, rows: this.#rows.count };
  }

  get filter(): Filter {
    return this.#rows.filter;
  }

  /** Rows for lines that came in. */
  async grow(): Promise<void> {
    await this.#inSteps(() => this.#rows.extend());
  }

  async setFilter(filter: Filter): Promise<View> {
    if (filter !== this.#rows.filter) await this.#rebuild(filter);
    return this.view;
  }

  /** Folds or unfolds the path of a line; without a line all of them. */
  async fold(line: number | undefined, folded: boolean): Promise<View> {
    if (line !== undefined && line < this.log.lineCount) {
      const { path } = this.log.line(line);
      if (folded) this.#folded.add(path);
      else this.#folded.delete(path);
    } else if (line === undefined) {
      this.#folded.clear();
      for (let path = 0; folded && path < this.log.pathCount; path++) this.#folded.add(path);
    }
    await this.#rebuild(this.filter);
    return this.view;
  }

  rows(revision: number, first: number, count: number): PackedRows {
    const packed = {
      revision,
      first,
      lines: [] as number[],
      kinds: [] as number[],
      frames: [] as number[],
      texts: [] as string[],
      insns: [] as number[],
      spans: [] as number[],
      places: [] as string[],
      folds: [] as number[],
      found: [] as boolean[],
    };
    if (revision !== this.#revision) return packed;
    for (let row = first; row < first + count; row++) {
      const index = this.#rows.line(row);
      if (index < 0) break;
      const { kind, text, insn, source, frame, path } = this.log.line(index, LONGEST_ROW);
      const shown = text.length > MAX_ROW_TEXT ? `${text.slice(0, MAX_ROW_TEXT)}…` : text;
      const part = kind === LineKind.Source ? source?.text : insn?.text;
      const start = part === undefined || part === '' ? -1 : shown.indexOf(part);
      packed.lines.push(index);
      packed.kinds.push(kind);
      packed.frames.push(frame);
      packed.texts.push(shown);
      packed.insns.push(insn?.pc ?? -1);
      packed.spans.push(Math.max(0, start), start < 0 ? 0 : start + (part?.length ?? 0));
      packed.places.push(kind === LineKind.Source ? placeText(source) : '');
      packed.folds.push(this.#fold(index, path));
      packed.found.push(this.#found?.has(index) ?? false);
    }
    return packed;
  }

  /** Where the verifier spent its instructions; nothing for rows of another revision. */
  async overview(revision: number, buckets: number): Promise<Overview> {
    const scan = new OverviewScan(this.log, this.#rows, buckets);
    await this.#inSteps(() => revision !== this.#revision || scan.step());
    if (revision === this.#revision) return scan.result(revision, this.#found);
    return { revision, rows: 0, lines: [], insns: [], visits: [], found: [] };
  }

  /** Where a target is; `show` makes it a row when it is none. */
  async locate(target: Target | CodeTarget, show: boolean): Promise<Located> {
    const line = await this.#lineOf(target);
    if (line < 0) return { line, row: 0, view: this.view };
    if (show) await this.#show(line);
    return { line, row: this.#rows.row(line), view: this.view };
  }

  async search(
    input: string,
    from: number,
    running: { readonly cancelled: () => boolean; readonly onCount: (count: number, share: number) => void },
  ): Promise<{ count: number; index: number; line: number }> {
    const query = parseQuery(input);
    this.#search = undefined;
    if (!query) return { count: 0, index: -1, line: -1 };
    const { filter } = this;
    const search = new Search(this.log, query, line => shows(filter, this.log.kind(line)));
    this.#search = search;
    this.#givenUp = running.cancelled;
    await this.#inSteps(() => {
      if (running.cancelled() || this.#search !== search) return true;
      const all = search.step();
      running.onCount(search.found.length, search.share);
      return all;
    });
    const index = search.next(from);
    return { count: search.found.length, index, line: search.found.at(index) };
  }

  /** Places of the search; none of one that was given up. */
  get #found(): Search['found'] | undefined {
    return this.#givenUp() ? undefined : this.#search?.found;
  }

  match(index: number): number {
    return this.#found?.at(index) ?? -1;
  }

  /** Brings the state at a line near, however long the way to it is. */
  async approach(line: number): Promise<void> {
    await this.#inSteps(() => this.log.approach(line));
  }

  async state(line: number): Promise<StateOfLine> {
    await this.approach(line);
    const state = this.log.stateAt(line);
    const names = this.log.sections.at(-1)?.subprograms ?? [];
    return {
      line,
      frame: state.frame,
      frames: state.frames.map(({ index, cells }) => ({
        index,
        name: index === 0 ? (names.find(({ id }) => id === 0)?.name ?? '') : '',
        cells: cells.map(({ name, register, slot, before, after, changed }) => ({
          name,
          changed,
          ...(register === undefined ? {} : { register }),
          ...(slot === undefined ? {} : { slot }),
          ...(before === undefined ? {} : { before }),
          ...(after === undefined ? {} : { after }),
        })),
      })),
      references: state.refs,
    };
  }

  async slice(request: {
    line: number;
    register?: number | undefined;
    slot?: number | undefined;
    frame?: number | undefined;
  }): Promise<SliceOfValue> {
    const { line, register, slot } = request;
    const frame = request.frame === undefined ? {} : { frame: request.frame };
    await this.approach(line);
    const target = slot === undefined ? { register: register ?? 0 } : { slot };
    const slicing = this.log.slicing(line, { ...target, ...frame });
    await this.#inSteps(() => slicing.walk());
    const slice = slicing.result;
    return {
      line,
      target: slot === undefined ? `r${register ?? 0}` : `fp${slot}`,
      cut: slice.cut,
      steps: slice.steps.map(step => ({
        ...step,
        text: this.log.insn(step.line)?.text ?? this.log.text(step.line),
      })),
    };
  }

  /** Lines of a state, for the clipboard. */
  async stateText(line: number): Promise<string> {
    await this.approach(line);
    const { frames, refs } = this.log.stateAt(line);
    const lines = frames.flatMap(({ index, cells }) => [
      `frame ${index}:`,
      ...cells.map(({ name, before, after, changed }) =>
        changed ? `  ${name}: ${before ?? '-'} -> ${after ?? '-'}` : `  ${name}: ${after ?? '-'}`,
      ),
    ]);
    return [this.log.text(line), ...lines, ...(refs.after === '' ? [] : [`refs: ${refs.after}`])].join('\n');
  }

  #fold(line: number, path: number): number {
    const hidden = this.#rows.hidden(line);
    if (hidden !== undefined) return hidden;
    return this.log.pathCount > 1 && this.log.path(path).firstLine === line ? 0 : -1;
  }

  async #show(line: number): Promise<void> {
    const { path } = this.log.line(line);
    const filter = shows(this.filter, this.log.kind(line)) ? this.filter : 'all';
    const inside = this.#folded.has(path) && this.log.path(path).firstLine !== line;
    if (inside) this.#folded.delete(path);
    if (inside || filter !== this.filter) await this.#rebuild(filter);
  }

  async #lineOf(target: Target | CodeTarget): Promise<number> {
    const { lineCount } = this.log;
    if ('line' in target) return target.line < lineCount ? target.line : lineCount - 1;
    const matches = (line: number): boolean => {
      if (this.log.kind(line) !== LineKind.Insn) return false;
      if ('insn' in target) return this.log.insn(line)?.pc === target.insn;
      const source = this.log.source(line);
      if ('code' in target) return source?.line === undefined && source?.text === target.code;
      return source?.line === target.sourceLine && (target.file === undefined || source.file === target.file);
    };
    // From the line on, then from the log's start to it.
    const near = Math.min(target.near, lineCount);
    for (const [from, to] of [
      [near, lineCount],
      [0, near],
    ] as const) {
      for (let line = from; line < to; line++) {
        if (matches(line)) return line;
        if ((line + 1) % LOCATE_STEP === 0) await this.#pause();
      }
    }
    return -1;
  }

  async #rebuild(filter: Filter): Promise<void> {
    this.#rows = new Rows(this.log, filter, new Set(this.#folded));
    this.#revision++;
    await this.grow();
  }

  /** Repeats a step until it is done, with a pause whenever the time of a turn is used up. */
  async #inSteps(step: () => boolean): Promise<void> {
    for (let start = this.#now(); !step();) {
      if (this.#now() - start < STEP_MS) continue;
      await this.#pause();
      start = this.#now();
    }
  }
}
