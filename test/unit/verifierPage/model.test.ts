// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineKind } from '../../../extension/core/verifierLog/kinds';
import type { PackedRows } from '../../../extension/protocol/verifierPanel';
import { markMatches } from '../../../media/verifier/model/matches';
import type { Row } from '../../../media/verifier/model/row';
import { heatOf, placeOfLine } from '../../../media/verifier/model/overview';
import { PAGE_ROWS, RowCache } from '../../../media/verifier/model/rowCache';
import { MAX_HEIGHT, ScrollMap } from '../../../media/verifier/model/scrollMap';
import { tokenize } from '../../../media/verifier/model/tokens';
import { Trace } from '../../../media/verifier/model/trace';

describe('scrolling', () => {
  const extents = fc.record({
    rows: fc.integer({ min: 0, max: 20_000_000 }),
    rowHeight: fc.integer({ min: 10, max: 60 }),
    viewport: fc.integer({ min: 0, max: 3000 }),
  });

  test('reaches both ends with any number of rows, in an element that a browser can have', () => {
    fc.assert(
      fc.property(extents, extent => {
        const map = new ScrollMap(extent);
        expect(map.height).toBeLessThanOrEqual(MAX_HEIGHT);
        const end = Math.max(0, map.height - extent.viewport);
        expect(map.offsetOf(0)).toBe(0);
        expect(map.offsetOf(end)).toBeCloseTo(map.end, 3);
        expect(map.visible(map.end, 0).end).toBe(extent.rows);
      }),
    );
  });

  test('goes there and back', () => {
    fc.assert(
      fc.property(extents, fc.double({ min: 0, max: 1, noNaN: true }), (extent, share) => {
        const map = new ScrollMap(extent);
        const offset = share * map.end;
        expect(map.offsetOf(map.scrollTopOf(offset))).toBeCloseTo(offset, 3);
      }),
    );
  });

  test('shows a row that is to be shown, and stays when it is there already', () => {
    fc.assert(
      fc.property(
        extents.filter(({ rows, viewport, rowHeight }) => rows > 0 && viewport >= 3 * rowHeight),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (extent, share, place) => {
          const map = new ScrollMap(extent);
          const row = Math.floor(place * extent.rows);
          const offset = map.revealing(row, share * map.end);
          const top = row * extent.rowHeight;
          expect(top).toBeGreaterThanOrEqual(offset - 0.001);
          expect(top + extent.rowHeight).toBeLessThanOrEqual(offset + extent.viewport + 0.001);
          expect(map.revealing(row, offset)).toBe(offset);
        },
      ),
    );
  });
});

const row = (text: string, kind: Row['kind'], part: string, place = ''): Row => ({
  ...{ line: 0, frame: 0, insn: -1, fold: -1, found: false, text, kind, place },
  start: text.indexOf(part),
  end: text.indexOf(part) + part.length,
});

describe('colours', () => {
  const kinds = (shown: Row) =>
    tokenize(shown).flatMap(({ kind, text }) => (kind === 'plain' || kind === 'dim' ? [] : [[kind, text]]));

  test('of an instruction and of what became known', () => {
    const text = '12: (71) r1 = *(u8 *)(r0 +4)   ; R0=pkt(r=0) R1_w=scalar(umax=255) fp-8=mmmmmmmm';
    const shown = row(text, LineKind.Insn, 'r1 = *(u8 *)(r0 +4)');
    expect(kinds(shown)).toEqual([
      ['register', 'r1'],
      ['type', '(u8 *)'],
      ['register', 'r0'],
      ['number', '+4'],
      ['register', 'R0'],
      ['type', 'pkt'],
      ['number', '0'],
      ['register', 'R1'],
      ['type', 'scalar'],
      ['number', '255'],
      ['register', 'fp-8'],
    ]);
    expect(tokenize(shown).find(token => token.text === 'fp-8')).toMatchObject({ slot: -8 });
    expect(tokenize(shown).find(token => token.text === 'R1')).toMatchObject({ register: 1 });
  });

  test('of a call, a jump and a line of C', () => {
    const call = 'call bpf_map_lookup_elem#1';
    expect(kinds(row(`3: (85) ${call}`, LineKind.Insn, call))).toEqual([
      ['keyword', 'call'],
      ['helper', 'bpf_map_lookup_elem#1'],
    ]);
    const c = 'if (!get(x)) return "a"; // no';
    expect(kinds(row(`; ${c} @ a.c:3`, LineKind.Source, c, 'a.c:3'))).toEqual([
      ['keyword', 'if'],
      ['helper', 'get'],
      ['keyword', 'return'],
      ['string', '"a"'],
      ['comment', '// no'],
      ['place', ' @ a.c:3'],
    ]);
  });

  test('leave the text as it is, with what was searched for marked', () => {
    const texts = fc.string({ unit: fc.constantFrom('r', '1', ' ', '=', '(', '*', 'A', 'a', '#', '"') });
    const needles = fc.string({ unit: fc.constantFrom('a', 'A', 'r', '1'), minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(texts, needles, fc.nat(15), (text, needle, kind) => {
        const marked = markMatches(tokenize(row(text, kind as Row['kind'], text)), needle);
        expect(marked.map(token => token.text).join('')).toBe(text);
        const found = text.toLowerCase().split(needle.toLowerCase()).length - 1;
        const length = marked.reduce((sum, token) => sum + (token.match ? token.text.length : 0), 0);
        expect(length).toBe(found * needle.length);
      }),
    );
  });
});

describe('the rows around the screen', () => {
  const packed = (revision: number, first: number, count: number): PackedRows => {
    const each = <T>(value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));
    return {
      ...{ revision, first, lines: each(i => first + i), kinds: each(() => 2), frames: each(() => 0) },
      ...{ texts: each(i => `line ${first + i}`), insns: each(() => -1), spans: each(() => 0) },
      ...{ places: each(() => ''), folds: each(() => -1), found: each(() => false) },
    };
  };

  function cache() {
    const asked: number[] = [];
    const answers = new Map<number, () => void>();
    const rows = new RowCache(
      ({ revision, first, count }) =>
        new Promise(resolve => {
          asked.push(first);
          answers.set(first, () => resolve(packed(revision, first, count)));
        }),
      () => undefined,
    );
    return { rows, asked, answers };
  }

  test('are asked for once; at most two requests are under way, whatever is passed meanwhile', async () => {
    const { rows, asked, answers } = cache();
    const far = (page: number) => page * PAGE_ROWS;
    rows.show({ revision: 1, filter: 'all', rows: 5_000_000 });
    rows.want(0, 10);
    rows.want(5, 15);
    expect(asked).toEqual([0]);
    for (const page of [1000, 2000, 3000]) rows.want(far(page), far(page) + 10);
    expect(asked).toEqual([0, far(1000)]);
    answers.get(0)?.();
    // The one where the scrolling ended, not one of those in between.
    await expect.poll(() => asked).toEqual([0, far(1000), far(3000)]);
    answers.get(far(3000))?.();
    await expect.poll(() => rows.get(far(3000) + 7)?.text).toBe(`line ${far(3000) + 7}`);
    expect(rows.get(0)?.line).toBe(0);
    expect(rows.get(far(2000))).toBeUndefined();
  });

  test('beyond the screen are asked for when those on screen are there', async () => {
    const { rows, asked, answers } = cache();
    rows.show({ revision: 1, filter: 'all', rows: 5_000_000 });
    rows.want(PAGE_ROWS, PAGE_ROWS + 10, PAGE_ROWS);
    expect(asked).toEqual([PAGE_ROWS]);
    answers.get(PAGE_ROWS)?.();
    await expect.poll(() => asked).toEqual([PAGE_ROWS, 0]);
    answers.get(0)?.();
    await expect.poll(() => asked).toEqual([PAGE_ROWS, 0, 2 * PAGE_ROWS]);
  });

  test('that come unasked are not asked for', () => {
    const { rows, asked } = cache();
    rows.show({ revision: 1, filter: 'all', rows: 5_000_000 });
    rows.put(packed(1, 0, 2 * PAGE_ROWS));
    rows.want(0, 10, PAGE_ROWS);
    expect(asked).toEqual([]);
    expect(rows.get(2 * PAGE_ROWS - 1)?.line).toBe(2 * PAGE_ROWS - 1);
    rows.put(packed(2, 0, 10));
    expect(rows.get(9)?.text).toBe('line 9');
  });

  test('grow with the log and are gone with their revision', async () => {
    const { rows, asked, answers } = cache();
    rows.show({ revision: 1, filter: 'all', rows: 10 });
    rows.want(0, 50);
    answers.get(0)?.();
    await expect.poll(() => rows.get(9)?.line).toBe(9);
    rows.show({ revision: 1, filter: 'all', rows: PAGE_ROWS * 2 });
    expect(rows.get(9)?.line).toBe(9);
    rows.want(0, 50);
    expect(asked).toEqual([0, 0]);
    rows.show({ revision: 2, filter: 'errors', rows: 3 });
    expect(rows.get(9)).toBeUndefined();
  });
});

describe('the strip beside the rows', () => {
  const buckets = {
    ...{ revision: 1, rows: 400, lines: [0, 100, 300, 310] },
    ...{ insns: [1, 1, 1, 0], visits: [1, 1000, 1_000_000, 0], found: [0, 0, 0, 0] },
  };

  test('has each line in the bucket that it is in', () => {
    const places = [0, 99, 100, 299, 300, 309, 310].map(line => placeOfLine(buckets, line));
    expect(places.map(Math.floor)).toEqual([0, 0, 1, 1, 2, 2, 3]);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  test('tells a loop that was visited a million times from one of a thousand', () => {
    const [once = 0, thousand = 0, million = 0, none = 0] = heatOf(buckets);
    expect([none, million]).toEqual([0, 1]);
    expect(once).toBeGreaterThan(0);
    expect(thousand - once).toBeCloseTo(million - thousand, 5);
  });
});

test('a value is followed to its origin and back, and the lines between are marked', () => {
  const step = (line: number, role: 'made' | 'origin') => ({ line, role, target: 'r1', frame: 0, text: '' });
  const trace = new Trace({
    ...{ line: 9, target: 'r1', cut: false },
    steps: [step(7, 'made'), step(4, 'origin')],
  });
  expect([
    trace.step(-1),
    trace.step(1),
    trace.step(1),
    trace.step(1),
    trace.step(-1),
    trace.step(-1),
  ]).toEqual([...[undefined, 7, 4, undefined, 7, 9]]);
  expect(trace.mark(4)).toEqual({ up: false, down: true, role: 'origin' });
  expect(trace.mark(5)).toEqual({ up: true, down: true, role: undefined });
  expect(trace.mark(9)).toEqual({ up: true, down: false, role: undefined });
  expect(trace.mark(10)).toEqual({ up: false, down: false, role: undefined });
});
