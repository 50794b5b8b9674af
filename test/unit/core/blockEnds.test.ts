// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockEnds } from '../../../extension/core/blockEnds';
import { block } from '../../support/pcapng';

function read(pieces: readonly Uint8Array[]): { size: number; whole: number } {
  const ends = new BlockEnds();
  for (const piece of pieces) ends.add(piece);
  return { size: ends.size, whole: ends.whole };
}

describe('the ends of blocks', () => {
  it('are those of whole blocks only', () => {
    expect(read([]).whole).toBe(0);
    expect(read([block(12), block(40)])).toEqual({ size: 52, whole: 52 });
    expect(read([block(12), block(40).subarray(0, 39)])).toEqual({ size: 51, whole: 12 });
    expect(read([block(12), block(40).subarray(0, 3)])).toEqual({ size: 15, whole: 12 });
  });

  it('are found in pieces of any size', () => {
    const sizes = fc.array(fc.integer({ min: 3, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 60 })), fc.nat(), (words, cuts, lost) => {
        const stream = Buffer.concat(words.map(size => block(4 * size)));
        const there = stream.subarray(0, stream.length - (lost % stream.length));
        const pieces: Uint8Array[] = [];
        let at = 0;
        for (const cut of [...cuts, there.length]) pieces.push(there.subarray(at, (at += cut)));
        let whole = 0;
        for (const size of words) {
          if (whole + 4 * size > there.length) break;
          whole += 4 * size;
        }
        expect(read(pieces)).toEqual({ size: there.length, whole });
      }),
    );
  });

  it('are everywhere in what is no such stream', () => {
    expect(read([block(12), Buffer.from('not a block, no!')])).toEqual({ size: 28, whole: 28 });
    expect(read([new Uint8Array(20)])).toEqual({ size: 20, whole: 20 });
  });
});
