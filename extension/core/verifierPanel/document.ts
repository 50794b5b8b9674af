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
  type TraceTarget,
  type View,
} from '../../protocol/verifierPanel';
import { inTurns, type Turns } from '../util/turns';
import { LineKind, VerifierLog } from '../verifierLog';
import { OverviewScan } from './overview';
import { parseQuery } from './query';
import { Rows, shows } from './rows';
import { Search } from './search';
import { placeText } from './summary';

/** Lines that one step of {@link PanelDocument.locate} looks at: some milliseconds. */
const LOCATE_STEP = 20_000;
/** Bytes that are taken of a line for a row. */
const LONGEST_ROW = 4 * MAX_ROW_TEXT;

/** One log as the panel shows it: rows under a filter and with folded paths, search, states and slices. */
export class PanelDocument {
  readonly log = new VerifierLog();
  readonly #turns: Turns;
  readonly #folded = new Set<number>();
  #rows: Rows;
  #revision: number;
  #search: Search | undefined;
  #givenUp: () => boolean = () => false;

  /** `revision` is the first to use: above that of the document before. */
  constructor(revision: number, turns: Turns) {
    this.#revision = revision;
    this.#turns = turns;
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
    await inTurns(this.#turns, () => this.#rows.extend());
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
    await inTurns(this.#turns, () => revision !== this.#revision || scan.step());
    if (revision === this.#revision) return scan.result(revision, this.#found);
    return { revision, rows: 0, lines: [], insns: [], visits: [], found: [] };
  }

  /** Where a target is; `show` makes it a row when it is none. Nowhere when it is cancelled. */
  async locate(target: Target, show: boolean, cancelled = () => false): Promise<Located> {
    const line = await this.#lineOf(target, cancelled);
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
    await inTurns(this.#turns, () => {
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
    await inTurns(this.#turns, () => this.log.approach(line));
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

  async slice(request: TraceTarget): Promise<SliceOfValue> {
    const { line, register, slot } = request;
    const frame = request.frame === undefined ? {} : { frame: request.frame };
    await this.approach(line);
    const target = slot === undefined ? { register: register ?? 0 } : { slot };
    const slicing = this.log.slicing(line, { ...target, ...frame });
    await inTurns(this.#turns, () => slicing.walk());
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

  async #lineOf(target: Target, cancelled: () => boolean): Promise<number> {
    const { lineCount } = this.log;
    if ('line' in target) return Math.min(target.line, lineCount - 1);
    const matches = this.#matcher(target);
    if (!matches) return -1;
    // From the line on, then from the log's start to it.
    const near = Math.min(target.near, lineCount);
    for (const [from, to] of [
      [near, lineCount],
      [0, near],
    ] as const) {
      let line = from;
      let found = -1;
      await inTurns(this.#turns, () => {
        const end = Math.min(to, line + LOCATE_STEP);
        for (; line < end && found < 0; line++) if (matches(line)) found = line;
        return found >= 0 || line >= to || cancelled();
      });
      if (found >= 0 || cancelled()) return cancelled() ? -1 : found;
    }
    return -1;
  }

  /** Tells the lines of a target; undefined when the log has none, which needs no look at its lines. */
  #matcher(target: Exclude<Target, { line: number }>): ((line: number) => boolean) | undefined {
    if ('insn' in target)
      return line => this.log.kind(line) === LineKind.Insn && this.log.insn(line)?.pc === target.insn;
    const wanted = new Set(
      this.log.sourceLines.filter(({ file, line, text }) =>
        'code' in target
          ? line === undefined && text === target.code
          : line === target.sourceLine && (target.file === undefined || file === target.file),
      ),
    );
    if (wanted.size === 0) return undefined;
    return line => {
      const source = this.log.source(line);
      return source !== undefined && wanted.has(source) && this.log.kind(line) === LineKind.Insn;
    };
  }

  async #rebuild(filter: Filter): Promise<void> {
    this.#rows = new Rows(this.log, filter, new Set(this.#folded));
    this.#revision++;
    await this.grow();
  }
}
