// SPDX-License-Identifier: Apache-2.0
import { explain, LineKind, VerifierLog } from '../../extension/core/verifierLog';
import { LONGEST_LINE } from '../../extension/core/verifierLog/byteStore';
import { parseQuery } from '../../extension/core/verifierPanel/query';
import { Rows } from '../../extension/core/verifierPanel/rows';
import { Search } from '../../extension/core/verifierPanel/search';
import { summarizeLog, type SummaryWords } from '../../extension/core/verifierPanel/summary';
import { processorTime } from '../support/processorTime';
import { type Input, materialOf, type Material, numbers } from './mutations';

/** What an input broke. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Broken(what);
}

const words = new Proxy({} as SummaryWords, {
  get: (_, name) => `${String(name)} {0} {1}`,
});

/** Throws when a log made from an input breaks a promise of the parser or of what is built on it. */
export function check(input: Input, logs: readonly string[]): void {
  const material = materialOf(input, logs);
  const whole = VerifierLog.parse(input.asText ? material.text : material.bytes);
  keepsLines(whole, material.bytes);
  isTheSame(whole, inChunks(input, material));
  isCoherent(whole);
  answers(whole, input.pick);
}

/** Every line is kept and counted, in order, without its end; one beyond the limit in pieces. */
function keepsLines(log: VerifierLog, bytes: Uint8Array): void {
  let line = 0;
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    do {
      const size = Math.min(LONGEST_LINE, end - at);
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, size).toString('utf8');
      hold(plain(log.text(line)) === plain(text.replace(/[\r\0]+$/, '')), `line ${line} is kept`);
      line++;
      at += size;
    } while (at < end);
    at++;
  }
  hold(log.lineCount === line, `${line} lines are counted`);
  hold(log.size === bytes.length, 'all bytes are counted');
}

/** Decoders differ in how many marks they put in the place of what is no UTF-8. */
const plain = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');

function inChunks({ cuts, asText }: Input, { text, bytes }: Material): VerifierLog {
  const log = new VerifierLog();
  const next = numbers(cuts);
  // Mostly pieces of lines, some single bytes, some many lines.
  const most = [4, 90, 90, 90, 900, 900, 900, 9000][cuts % 8] ?? 90;
  const whole = asText ? text : bytes;
  for (let at = 0; at < whole.length;) {
    const end = at + 1 + (next() % most);
    log.push(typeof whole === 'string' ? whole.slice(at, end) : whole.subarray(at, end));
    at = end;
  }
  log.end();
  return log;
}

/** The result does not depend on how a log was cut into chunks. */
function isTheSame(a: VerifierLog, b: VerifierLog): void {
  hold(a.lineCount === b.lineCount, 'chunks do not change the number of lines');
  for (let line = 0; line < a.lineCount; line++) {
    const [one, other] = [a.line(line), b.line(line)];
    const same =
      one.kind === other.kind &&
      one.text === other.text &&
      one.frame === other.frame &&
      one.path === other.path &&
      one.insn?.text === other.insn?.text &&
      one.insn?.pc === other.insn?.pc &&
      one.source?.text === other.source?.text &&
      one.source?.line === other.source?.line;
    hold(same, `chunks do not change line ${line}`);
  }
  const rest = (log: VerifierLog): string =>
    JSON.stringify([log.sections, log.failure(), log.truncation, log.visitsByInsn(), log.visitsBySource()]);
  hold(rest(a) === rest(b), 'chunks do not change the summary');
}

function isCoherent(log: VerifierLog): void {
  const unknown = Array.from({ length: log.lineCount }, (_, line) => line).filter(
    line => log.kind(line) === LineKind.Unknown,
  );
  hold(unknown.length === log.unrecognizedCount, 'what is not understood is counted');
  const { unrecognized } = log;
  hold(
    unknown.every((line, i) => unrecognized[i] === line),
    'what is not understood is listed',
  );
  for (let path = 0; path < log.pathCount; path++) {
    const { firstLine, endLine, parentLine } = log.path(path);
    hold(firstLine <= endLine && endLine <= log.lineCount, `path ${path} has its lines`);
    hold(parentLine === undefined || parentLine < log.lineCount, `path ${path} has a past in the log`);
  }
  let printed = 0;
  for (let line = 0; line < log.lineCount; line++) if (log.insn(line)) printed++;
  const visits = log.visitsByInsn().reduce((sum, one) => sum + one.visits, 0);
  hold(visits === printed, 'every instruction that is printed is a visit');
}

/** What a view would ask of a log: one kind of question for each input. */
function answers(log: VerifierLog, pick: number): void {
  const line = pick % Math.max(1, log.lineCount);
  const questions = [explains, shows, restores, searches] as const;
  questions[pick % questions.length]?.(log, line, Math.floor(pick / questions.length));
}

function explains(log: VerifierLog): void {
  explain(log);
  summarizeLog(log, explain, words);
}

function shows(log: VerifierLog, _line: number, pick: number): void {
  for (const filter of ['all', 'instructions', 'errors'] as const) {
    const rows = new Rows(log, filter, new Set([pick % Math.max(1, log.pathCount)]));
    while (!rows.extend());
    for (let row = 0; row < rows.count; row += 7)
      hold(rows.row(rows.line(row)) === row, `row ${row} of ${filter} is that of its line`);
  }
}

function restores(log: VerifierLog, line: number, pick: number): void {
  if (log.lineCount === 0) return;
  for (const at of new Set([line, log.failure()?.insnLine ?? line, log.lineCount - 1])) {
    while (!log.approach(at));
    const state = log.stateAt(at);
    for (const { cells } of state.frames)
      hold(
        new Set(cells.map(({ name }) => name)).size === cells.length,
        `each cell at line ${at} is there once`,
      );
    for (const target of [{ register: pick % 11 }, { slot: -8 - (pick % 3) * 8 }]) {
      const { steps } = log.slice(at, target);
      hold(
        steps.every((step, i) => step.line <= (steps[i - 1]?.line ?? at)),
        `a slice at line ${at} leads back`,
      );
    }
  }
}

function searches(log: VerifierLog, line: number, pick: number): void {
  if (log.lineCount === 0) return;
  const text = log.text(line).slice(pick % 7, (pick % 7) + 12);
  if (text !== '' && !/[\ud800-\udfff\ufffd]/.test(text)) {
    const found = log.find(text, 0);
    hold(found >= 0 && found <= line, `line ${line} is found by a part of its text`);
    hold(log.findAll(text, 0, log.lineCount).includes(line), `line ${line} is among those with its text`);
  }
  for (const input of [`#${pick % 20}`, `r${pick % 11}`, `:${pick % 40}`, 'R1', '(']) {
    const query = parseQuery(input);
    if (!query) continue;
    const search = new Search(log, query, () => true);
    while (!search.step());
    if (search.found.length > 0) hold(search.found.at(search.next(line)) >= 0, `"${input}" goes round`);
  }
  log.findInsn(pick % 30, line);
}

/** Milliseconds that a log takes, the least of several rounds. */
const work = (text: string, rounds: number): number =>
  processorTime(rounds, () => {
    const log = VerifierLog.parse(text);
    explain(log);
    log.stateAt(log.lineCount - 1);
    log.slice(log.lineCount - 1, { register: 1 });
    log.find('no such text');
  });

const SHORT = 32_768;
const TIMES = 8;
/** Milliseconds below which nothing is judged: compiling and collecting garbage blur it. */
const BLUR = 8;

/** Throws when some lines of an input, repeated, take more than linear time. */
export function checkTime(input: Input, logs: readonly string[]): void {
  const { bytes } = materialOf(input, logs);
  const text = Buffer.from(bytes).toString('latin1');
  const lines = text.split('\n');
  const from = input.pick % lines.length;
  const unit = `${lines.slice(from, from + 1 + (input.cuts % 6)).join('\n')}${input.cuts % 5 === 0 ? '' : '\n'}`;
  const log = (length: number): string => unit.repeat(Math.ceil(length / unit.length));
  if (unit === '') return;
  for (const rounds of [1, 3, 9]) {
    const long = work(log(SHORT * TIMES), rounds);
    if (long < BLUR * TIMES || long < 3 * TIMES * work(log(SHORT), rounds)) return;
  }
  throw new Broken(`${JSON.stringify(unit.slice(0, 300))} repeated takes more than linear time`);
}
