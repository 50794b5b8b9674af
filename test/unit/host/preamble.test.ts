// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PreambleParser, type PreambleEvent } from '../../../extension/host/preamble';
import { anyText } from '../../support/text';

const nonce = 'c0ffee';

function feed(parser: PreambleParser, bytes: Buffer, cuts: readonly number[] = []): PreambleEvent[] {
  const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  return ends.flatMap(end => {
    const events = parser.push(bytes.subarray(start, end));
    start = end;
    return events;
  });
}

describe('the start of the stream', () => {
  test('finds the lines however the stream is cut, and keeps what follows', () => {
    const banner = anyText().map(text => text.replaceAll(nonce, ''));
    fc.assert(
      fc.property(
        banner,
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (text, after, cuts) => {
          const lines = `${text}SOCKMAP-BOOT ${nonce} need x86_64\n${text}\nSOCKMAP-AGENT ${nonce} 1\n`;
          const bytes = Buffer.concat([Buffer.from(lines), after]);
          const parser = new PreambleParser(nonce);
          let seen = 0;
          let rest: Buffer | undefined;
          const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
          for (const end of ends) {
            for (const event of parser.push(bytes.subarray(seen, end))) {
              if (event.kind === 'agent') {
                expect(event.version).toBe(1);
                rest = Buffer.concat([event.rest, bytes.subarray(end)]);
              } else {
                expect(event).toEqual({ kind: 'boot', words: ['need', 'x86_64'] });
              }
            }
            seen = end;
          }
          expect(rest?.equals(Buffer.from(after))).toBe(true);
        },
      ),
    );
  });

  test('another nonce is banner', () => {
    const parser = new PreambleParser(nonce);
    expect(feed(parser, Buffer.from('SOCKMAP-AGENT deadbeef 1\nSOCKMAP-AGENT c0ffee'))).toEqual([]);
    expect(parser.banner).toContain('deadbeef');
  });

  test.each(['1x', '-1', '', '1 2', '9999999'])('version %j is malformed', version => {
    const events = feed(new PreambleParser(nonce), Buffer.from(`SOCKMAP-AGENT ${nonce} ${version}\n`));
    expect(events[0]?.kind).toBe('malformed');
  });

  test('a terminal would add a carriage return', () => {
    const events = feed(new PreambleParser(nonce), Buffer.from(`SOCKMAP-AGENT ${nonce} 7\r\n`));
    expect(events[0]).toMatchObject({ kind: 'agent', version: 7 });
  });

  test('a banner without end or of endless lines overflows at 64 KiB, not before', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.nat(), { maxLength: 5 }), (lines, cuts) => {
        const block = Buffer.alloc(64 * 1024, lines ? 'line\n' : 'x');
        const fits = new PreambleParser(nonce);
        expect(feed(fits, block, cuts)).toEqual([]);
        expect(fits.push(Buffer.from('x'))).toEqual([{ kind: 'overflow' }]);
        expect(fits.push(Buffer.from(`\nSOCKMAP-AGENT ${nonce} 1\n`))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });
});
