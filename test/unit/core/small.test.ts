// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOLD_MS, Hold } from '../../../extension/core/hold';
import { redact } from '../../../extension/core/redact';
import {
  EMPTY_STATE,
  type SavedState,
  SAVED_STATE_VERSION,
  decodeState,
  encodeState,
} from '../../../extension/core/savedState';
import { firstSentence } from '../../../extension/core/sentences';
import { includesOf } from '../../../extension/core/sources/includes';
import { INSN_LIMIT, summarize } from '../../../extension/core/verifierSummary';
import { ManualClock } from '../../support/clock';

describe('saved state', () => {
  const full: SavedState = {
    lastHost: 'local',
    lastProgram: { kind: 'source', path: '/w/a.bpf.c' },
    lastCgroup: { local: '/web' },
    connectedHosts: ['local'],
    active: { hostId: 'local', name: 'a' },
    socketFilter: 'nginx',
    socketOrder: { column: 'redirectedBytes', descending: true },
  };

  test('comes back through JSON', () => {
    expect(decodeState(JSON.parse(JSON.stringify(encodeState(full))))).toEqual(full);
    expect(decodeState(encodeState(EMPTY_STATE))).toEqual(EMPTY_STATE);
  });

  test('of another version is left alone', () => {
    expect(decodeState({ version: SAVED_STATE_VERSION + 1, lastHost: 'x' })).toEqual(EMPTY_STATE);
    expect(decodeState(undefined)).toEqual(EMPTY_STATE);
  });

  test('loses only the parts that do not fit', () => {
    const damaged = {
      ...full,
      version: SAVED_STATE_VERSION,
      lastProgram: { kind: 'source' },
      socketOrder: { column: 'nonsense' },
      lastCgroup: { local: '/web', other: 7 },
      connectedHosts: ['local', 3],
      active: { hostId: 1 },
    };
    expect(decodeState(damaged)).toEqual({
      lastHost: 'local',
      lastCgroup: { local: '/web' },
      connectedHosts: ['local'],
      socketFilter: 'nginx',
    });
  });

  test('is read from anything without throwing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(full)), fc.anything()), value => {
        const state = decodeState({ ...value, version: SAVED_STATE_VERSION });
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
    );
  });
});

test('includes are found behind a byte order mark, indented and in angle brackets', () => {
  const text = '\uFEFF#include "a.h"\n  # include <b/c.h>\r\n// #include "d.h"\nint x;\n';
  expect(includesOf(text)).toEqual([
    { name: 'a.h', quoted: true },
    { name: 'b/c.h', quoted: false },
  ]);
});

test.each([
  ['Reads (nginx, .NET) stall. Attach anew.', 'Reads (nginx, .NET) stall.'],
  ['Is v6.12.95 it? No.', 'Is v6.12.95 it?'],
  ['Only one.', 'Only one.'],
  ['without an end', 'without an end'],
  ['', ''],
])('the first sentence of "%s"', (text, first) => {
  expect(firstSentence(text)).toBe(first);
});

describe('verifier summary', () => {
  const program = (name: string, ok: boolean, insnsProcessed: number | null) => ({
    name,
    section: 'sk_msg',
    type: 'sk_msg',
    ok,
    error: ok ? null : 'R1 offset is outside of the packet',
    insns: 10,
    insnsProcessed,
    log: '',
  });

  test('names the first refused program and the used budget', () => {
    const summary = summarize({
      object: 'a.o',
      programs: [program('a', true, INSN_LIMIT / 4), program('b', false, null), program('c', false, 3)],
    });
    expect(summary.ok).toBe(false);
    expect(summary.rejected?.program).toBe('b');
    expect(summary.insnsProcessed).toBe(INSN_LIMIT / 4 + 3);
    expect(summary.rows[0]?.budget).toBe(0.25);
    expect(summary.rows[1]?.budget).toBeUndefined();
  });

  test('an object without programs is fine', () => {
    expect(summarize({ object: 'a.o', programs: [] }).ok).toBe(true);
  });
});

describe('redaction', () => {
  test('replaces words everywhere, the longer ones first', () => {
    const secrets = [
      { word: 'web', placeholder: '<host-1>' },
      { word: 'web.example.org', placeholder: '<host-2>' },
      { word: 'x', placeholder: '<never>' },
    ];
    expect(redact('web.example.org and web at x', secrets)).toBe('<host-2> and <host-1> at x');
  });

  test('replaces addresses and home folders, not times or map ids', () => {
    expect(redact('10.1.2.3:80 [2001:db8::1]:80 ::1', [])).toBe('<address>:80 [<address>]:80 <address>');
    expect(redact('/home/me/w /Users/you/w', [])).toBe('/<home>/w /<home>/w');
    const plain = '2026-01-01T12:34:56.789Z h/map:12 a::b';
    expect(redact(plain, [])).toContain('12:34:56.789');
    expect(redact(plain, [])).toContain('map:12');
  });

  test('leaves no secret behind', () => {
    const word = fc.string({ minLength: 2 }).filter(w => !'<secret>'.includes(w));
    fc.assert(
      fc.property(word, fc.array(fc.string()), (secret, parts) => {
        const text = redact(parts.join(secret), [{ word: secret, placeholder: '<secret>' }]);
        expect(text.replaceAll('<secret>', '\u0000')).not.toContain(secret);
      }),
    );
  });
});

test('while a tooltip is read, changes wait, the newest of each row', () => {
  const clock = new ManualClock();
  const hold = new Hold(clock);
  const drawn: string[] = [];
  const draw = (row: string, figure: number) => hold.run(row, () => drawn.push(`${row}${figure}`));
  draw('a', 1);
  hold.take();
  draw('a', 2);
  draw('b', 1);
  draw('a', 3);
  clock.advance(HOLD_MS - 1);
  hold.take();
  clock.advance(HOLD_MS - 1);
  expect(drawn).toEqual(['a1']);
  clock.advance(1);
  expect(drawn).toEqual(['a1', 'a3', 'b1']);
  draw('a', 4);
  expect(drawn).toHaveLength(4);
  hold.take();
  draw('a', 5);
  hold.dispose();
  clock.advance(2 * HOLD_MS);
  expect(drawn).toHaveLength(4);
});
