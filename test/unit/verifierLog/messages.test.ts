// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineKind, VerifierLog } from '../../../extension/core/verifierLog';
import { classifyMessage } from '../../../extension/core/verifierLog/messages';
import { Pattern } from '../../../extension/core/verifierLog/pattern';

/** Among them the words that messages begin with: only a whole message may be understood. */
const WORDS =
  `the a an this that it is was are were not no never only must cannot can may might should would will
invalid unknown missing unexpected unsupported too many read write access packet pointer map value stack register
function call helper program type argument arg reference lock insn jump loop offset size bounds memory kernel bpf
verifier from to at in of on by with and or but if then else while when where which who how why what because house
river green seven letters morning window quickly slowly paper cloud engine garden bridge R1 R0 fp func frame Error
Unreleased Value Type Cannot Program At`
    .split(/\s+/)
    .filter(word => word !== '');

describe('messages', () => {
  it.each([
    'R0 !read_ok',
    "R0 invalid mem access 'map_value_or_null'",
    'R1 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value',
    'invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)',
    'invalid access to packet, off=12 size=2, R2(id=0,off=12,r=0)',
    'R2 offset is outside of the packet',
    'Unreleased reference id=2 alloc_insn=7',
    'BPF_EXIT instruction in main prog would lead to reference leak',
    'program of this type cannot use helper bpf_redirect#23',
    'unknown func bpf_redirect#23',
    'The sequence of 8193 jumps is too complex.',
    'BPF program is too large. Processed 1000001 insn',
    'invalid bpf_context access off=4096 size=4',
    'At program exit the register R0 has smin=9 smax=9 should have been in [0, 1]',
    'combined stack size of 2 calls is 544. Too large',
    'back-edge from insn 9 to 2',
    'math between pkt pointer and register with unbounded min value is not allowed',
    'invalid indirect read from stack R2 off -8+4 size 8',
  ])('that refuse are known: %s', text => {
    expect(classifyMessage(text)).toBe(LineKind.Error);
  });

  it('are known only as a whole', () => {
    for (const text of [
      'R0 !read_ok indeed',
      'R0 invalid mem access',
      'the program is fine',
      'arg',
      'no',
      'R1 is garbage',
      'Unreleased reference id=x alloc_insn=7',
      'invalid',
    ])
      expect([text, classifyMessage(text)]).toEqual([text, LineKind.Unknown]);
  });

  it('are told from other text', () => {
    const line = fc.oneof(
      fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 14 }).map(words => words.join(' ')),
      fc.string({ minLength: 1, maxLength: 80 }).filter(text => !/[\r\n]/.test(text) && text.trim() !== ''),
    );
    const lines = fc.sample(line, { numRuns: 10_000, seed: 20261125 });
    const log = VerifierLog.parse(lines.map(text => `${text}\n`).join(''));
    const understood = lines.filter(
      (_, i) => ![LineKind.Unknown, LineKind.Blank].includes(log.kind(i) as 0 | 1),
    );
    expect(log.unrecognizedCount, understood.slice(0, 40).join('\n')).toBeGreaterThanOrEqual(9_900);
  });
});

describe('a pattern', () => {
  it.each([
    ['func#{n} @{n}', 'func#0 @12', true],
    ['func#{n} @{n}', 'func#0 @', false],
    ["{r} has '{w}'", "R10 has 'it'", true],
    ["{r} has '{w}'", "R10 has 'i t'", false],
    ['a {s} b', 'a b b b', true],
    ['a {s} b', 'a  b', true],
    ['a {w} b', 'a  b', false],
    ['a{s}', 'a', true],
    ['a {s} b', 'a b', false],
    ['{s}: {s}', 'x: y: z', true],
  ])('%s, %s: %s', (format, text, matches) => {
    expect(new Pattern(format).matches(text)).toBe(matches);
  });
});
