// SPDX-License-Identifier: Apache-2.0
/**
 * What the Verifier Log panel and the extension host say to each other. The log stays in the host; the panel asks
 * for the rows that it shows. Lines are the log's, from 0; rows are what the filter and the folded paths leave of
 * them, from 0. Row numbers belong to a `revision`: one that is not the current one is answered with no rows.
 */
import * as v from 'valibot';

const uint = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.string();
const optionalText = v.optional(text);
const done = v.undefined();

/** The most rows of one answer. */
export const MAX_ROWS = 500;
/** Longer lines are cut for the view; copying gives all of them. */
export const MAX_ROW_TEXT = 2000;

export const FILTERS = ['all', 'instructions', 'source', 'errors', 'unrecognized'] as const;
const filter = v.picklist(FILTERS);
export type Filter = (typeof FILTERS)[number];

/** The most buckets of an overview. */
export const MAX_BUCKETS = 1000;

export const logInfo = v.object({
  id: text,
  title: text,
  /** Where it comes from: a host and an object, or a file. */
  detail: text,
  verdict: v.picklist(['accepted', 'refused', 'unknown']),
});
export type LogInfo = v.InferOutput<typeof logInfo>;

/** Rows by column. */
export const packedRows = v.object({
  revision: uint,
  first: uint,
  lines: v.array(uint),
  /** LineKind of core/verifierLog. */
  kinds: v.array(uint),
  /** Depth of calls. */
  frames: v.array(uint),
  texts: v.array(text),
  /** Index of the instruction, -1 for other lines. */
  insns: v.array(v.number()),
  /** Two numbers a row: where the instruction (or the C text) starts and ends in the text. */
  spans: v.array(uint),
  /** `file.c:12` of source lines, else nothing. */
  places: v.array(text),
  /** Lines that a folded path hides; 0 for the first line of an open path, -1 elsewhere. */
  folds: v.array(v.number()),
  /** Whether the line is a place that the search found. */
  found: v.array(v.boolean()),
});
export type PackedRows = v.InferOutput<typeof packedRows>;

/** The whole of the rows in stretches of equally many, by column. */
export const overview = v.object({
  revision: uint,
  /** Rows in all. */
  rows: uint,
  /** Line of the first row. */
  lines: v.array(uint),
  /** Rows that are instructions. */
  insns: v.array(uint),
  /** How often each of these instructions was visited in the whole log, on average. */
  visits: v.array(uint),
  /** Places that the search found. */
  found: v.array(uint),
});
export type Overview = v.InferOutput<typeof overview>;

const view = v.object({ revision: uint, filter, rows: uint });
export type View = v.InferOutput<typeof view>;

const place = v.object({ file: optionalText, line: v.optional(uint), text });
export type Place = v.InferOutput<typeof place>;

const hotSpot = v.object({
  visits: uint,
  /** Index of the instruction; undefined for a line of C. */
  insn: v.optional(uint),
  text,
  place: optionalText,
});
export type HotSpot = v.InferOutput<typeof hotSpot>;

export const explanation = v.object({
  id: text,
  title: text,
  knew: text,
  needed: text,
  fix: text,
  /** The verifier's own words. */
  message: text,
  source: v.optional(place),
  /** Where the value at fault came from. */
  origin: v.optional(v.object({ line: v.optional(uint), source: v.optional(place), text })),
});
export type ExplanationCard = v.InferOutput<typeof explanation>;

const bar = v.object({
  label: text,
  value: uint,
  limit: v.optional(uint),
  /** Value, and the limit if there is one, in words. */
  text,
});
export type Bar = v.InferOutput<typeof bar>;

export const summary = v.object({
  lines: uint,
  bytes: uint,
  paths: uint,
  unrecognized: uint,
  programs: v.array(text),
  /** Line to look at first: of the verifier's complaint. */
  errorLine: v.optional(uint),
  explanation: v.optional(explanation),
  bars: v.array(bar),
  /** Sentences about what is missing of the log. */
  warnings: v.array(text),
  /** Whether the log holds every visit; else it has those of the last path, or of a part. */
  exact: v.boolean(),
  hotLines: v.array(hotSpot),
  hotInsns: v.array(hotSpot),
});
export type Summary = v.InferOutput<typeof summary>;

const cell = v.object({
  name: text,
  register: v.optional(uint),
  slot: v.optional(v.number()),
  before: optionalText,
  after: optionalText,
  changed: v.boolean(),
});
export type Cell = v.InferOutput<typeof cell>;

export const stateView = v.object({
  line: uint,
  frame: uint,
  frames: v.array(v.object({ index: uint, name: text, cells: v.array(cell) })),
  references: v.object({ before: text, after: text }),
});
export type StateOfLine = v.InferOutput<typeof stateView>;

export const sliceView = v.object({
  line: uint,
  target: text,
  steps: v.array(
    v.object({
      line: uint,
      target: text,
      frame: uint,
      role: v.picklist(['made', 'moved', 'narrowed', 'origin']),
      text,
    }),
  ),
  cut: v.boolean(),
});
export type SliceOfValue = v.InferOutput<typeof sliceView>;
export type SliceRoleName = SliceOfValue['steps'][number]['role'];

const change = {
  before: v.optional(v.number()),
  after: v.optional(v.number()),
  /** after - before; missing where one of them is. */
  delta: v.optional(v.number()),
};

export const comparison = v.object({
  /** Other runs of the program, the newest first; none for a log that is no run's. */
  runs: v.array(v.object({ id: text, title: text })),
  /** The run of the shown log is `after` in each. */
  changes: v.array(
    v.object({
      run: text,
      title: text,
      /** False when a log did not hold every visit: the lines then tell of the last path only. */
      exact: v.boolean(),
      /** Lines of C that were visited as often as before. */
      sameLines: uint,
      metrics: v.array(v.object({ label: text, ...change })),
      /** Visits by line of C, the biggest change first. */
      lines: v.array(v.object({ place, ...change })),
    }),
  ),
});
export type Comparison = v.InferOutput<typeof comparison>;

const located = v.object({
  /** -1 when the log has no such line. */
  line: v.pipe(v.number(), v.safeInteger()),
  row: uint,
  view,
});
export type Located = v.InferOutput<typeof located>;

/** The page's own strings: the host has each of them in the user's language. */
export const PAGE_TEXTS = [
  'loading',
  'log',
  'accepted',
  'refused',
  'unknown',
  'openFile',
  'openClipboard',
  'openEditor',
  'openText',
  'search',
  'searchHint',
  'previousMatch',
  'nextMatch',
  'searching',
  'cancelSearch',
  'searchCancelled',
  'noMatches',
  'matchOf',
  'filter',
  'filterAll',
  'filterInstructions',
  'filterSource',
  'filterErrors',
  'filterUnrecognized',
  'goToError',
  'foldAll',
  'unfoldAll',
  'copyState',
  'stream',
  'streamKeys',
  'mapHint',
  'mapRegion',
  'rowBlank',
  'rowError',
  'rowUnrecognized',
  'linesFolded',
  'role_made',
  'role_moved',
  'role_narrowed',
  'role_origin',
  'details',
  'knew',
  'needed',
  'fix',
  'message',
  'source',
  'origin',
  'showInLog',
  'paneState',
  'paneSlice',
  'paneHot',
  'paneStatistics',
  'paneCompare',
  'noCompare',
  'compareWith',
  'before',
  'now',
  'change',
  'figure',
  'sameLines',
  'notExact',
  'visitsByLine',
  'noState',
  'references',
  'frame',
  'stateOf',
  'traceValue',
  'becomes',
  'unknownValue',
  'noSlice',
  'sliceOf',
  'stepBack',
  'stepOn',
  'endSlice',
  'noSteps',
  'sliceCut',
  'noHotSpots',
  'hotLines',
  'hotInsns',
  'visits',
  'code',
  'lines',
  'bytes',
  'paths',
  'unrecognizedLines',
  'programs',
  'empty',
  'emptyHint',
  'failed',
  'splitter',
  'dismiss',
  'noSource',
  'noSuchLine',
] as const;
export type PageText = (typeof PAGE_TEXTS)[number];

/** Which register or slot to trace, and from which line on. */
const traceTarget = v.object({
  line: uint,
  register: v.optional(v.pipe(uint, v.maxValue(10))),
  slot: v.optional(v.pipe(v.number(), v.safeInteger(), v.maxValue(-1))),
  frame: v.optional(uint),
});
export type TraceTarget = v.InferOutput<typeof traceTarget>;

/** How small and how large the stream may be beside the side pane, in percent. */
export const MIN_SHARE = 20;
export const MAX_SHARE = 80;

/** What the panel remembers while its tab is left, and over a reload of the window. */
export const panelState = v.object({
  log: optionalText,
  line: v.optional(uint),
  filter: v.optional(filter),
  pane: v.optional(v.picklist(['state', 'slice', 'hot', 'statistics', 'compare'])),
  query: optionalText,
  /** The stream's, in percent. */
  share: v.optional(v.pipe(v.number(), v.minValue(MIN_SHARE), v.maxValue(MAX_SHARE))),
  explanationOpen: v.optional(v.boolean()),
  trace: v.optional(traceTarget),
});
export type PanelState = v.InferOutput<typeof panelState>;

/** What a context menu on the stream is told: conditions of the manifest name them. */
export const MENU_KEYS = {
  /** A line of the log is below. */
  row: 'sockmap.logRow',
  /** A register or stack slot is below. */
  value: 'sockmap.logValue',
} as const;

/** Where to go. `near` is the line to start from for what occurs more than once. */
const target = v.union([
  v.object({ line: uint }),
  v.object({ insn: uint, near: uint }),
  v.object({ sourceLine: uint, file: optionalText, near: uint }),
  /** A line of C by its text, for logs without line numbers: those of kernels before 6.8. */
  v.object({ code: text, near: uint }),
]);
export type Target = v.InferOutput<typeof target>;

/** What the host understands. */
export const HOST_SIDE = {
  requests: {
    /** The page is there; the log that it showed before is opened again. */
    ready: { params: panelState, result: v.object({ texts: v.record(text, text), logs: v.array(logInfo) }) },
    open: { params: v.object({ id: text }), result: done },
    rows: {
      params: v.object({ revision: uint, first: uint, count: v.pipe(uint, v.maxValue(MAX_ROWS)) }),
      result: packedRows,
    },
    /** Where along the rows the verifier spent its instructions. */
    overview: {
      params: v.object({ revision: uint, buckets: v.pipe(uint, v.minValue(1), v.maxValue(MAX_BUCKETS)) }),
      result: overview,
    },
    filter: { params: v.object({ filter }), result: view },
    /** Folds or unfolds the path that starts at a line, or all of them. */
    fold: { params: v.object({ line: v.optional(uint), folded: v.boolean() }), result: view },
    /** Row of a line; `show` unfolds its path and drops a filter that hides it. */
    locate: { params: v.object({ target, show: v.boolean() }), result: located },
    state: { params: v.object({ line: uint }), result: stateView },
    slice: { params: traceTarget, result: sliceView },
    /** All places of a query; the answer says how many and which one comes next from a line on. */
    search: {
      params: v.object({ query: v.pipe(text, v.maxLength(1000)), from: uint }),
      result: v.object({ count: uint, index: v.number(), line: v.number() }),
    },
    /** Line of the n-th place that the search found. */
    match: { params: v.object({ index: uint }), result: v.object({ line: v.number() }) },
    openSource: {
      params: v.union([v.object({ line: uint }), v.object({ place })]),
      result: v.object({ opened: v.boolean() }),
    },
    /** How the shown log's run differs from others; without ids from the run before it. */
    compare: {
      params: v.object({ with: v.pipe(v.array(text), v.maxLength(10)) }),
      result: comparison,
    },
    /** Puts a line, with the line of C that it belongs to, or a state on the clipboard. */
    copy: { params: v.object({ what: v.picklist(['line', 'state']), line: uint }), result: done },
    /** Runs one of the commands that open a log. */
    openFrom: {
      params: v.object({ from: v.picklist(['file', 'clipboard', 'editor', 'text']) }),
      result: done,
    },
  },
  notes: {
    /** The page has the keyboard now, or its menu is opened on a line: what commands are about. */
    used: v.object({ line: v.optional(uint) }),
  },
} as const;

/** What the page understands. */
export const PAGE_SIDE = {
  requests: {},
  notes: {
    logs: v.object({ logs: v.array(logInfo) }),
    /** A log starts to come in; `line` is selected once it is there. */
    opened: v.object({ log: logInfo, view, line: v.optional(uint) }),
    /** `rows`: the first ones, so that they need not be asked for. */
    progress: v.object({ view, lines: uint, share: v.number(), rows: v.optional(packedRows) }),
    loaded: v.object({ view, summary, line: v.optional(uint) }),
    /** `log` cannot be read; the one that was asked for is not there when it is missing. */
    failed: v.object({ message: text, log: optionalText }),
    /** The cursor in the C file moved: goes there as far as filter and folds show it. */
    select: v.object({ line: uint }),
    /** Traces the value that the context menu was opened on. */
    trace: v.object({}),
    /** Places found so far, and how much of the log was looked at. */
    searching: v.object({ count: uint, share: v.number() }),
  },
} as const;
