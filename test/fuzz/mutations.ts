// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';

/** A change to a log. What the numbers mean is up to the kind; all are taken modulo what there is. */
interface Change {
  readonly kind: Kind;
  readonly at: number;
  readonly length: number;
  readonly token: string;
}

/** A log made from real ones, and how it reaches the parser. */
export interface Input {
  /** Which real log, and from where in it. */
  readonly log: number;
  readonly from: number;
  readonly changes: readonly Change[];
  /** Seed of the places at which it is cut into chunks. */
  readonly cuts: number;
  /** Line and register that are asked about. */
  readonly pick: number;
  /** As text, which may hold lone surrogates; else as bytes, which need not be UTF-8. */
  readonly asText: boolean;
}

/** What an input is on its way to the parser. */
export interface Material {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Characters of a real log that an input begins with. */
const WINDOW = 1000;

/** Words that mean something to the parser, or break what does. */
const TOKENS = [
  ...[
    '\n',
    '\r\n',
    '\0',
    '\t',
    ' ',
    ': ',
    '; ',
    '(((((((((',
    '))))',
    '=',
    ',',
    '-1',
    '4294967296',
    '@ f.c:0',
  ],
  ...['0: (95) exit', '9: (85) call pc+1', '1048575: (b7) r0 = 0', '12: R1=', ' frame9: R1=ctx() fp-8=mmmm'],
  ...[
    'from 1 to 2: ',
    'from 7 to 3: safe',
    'func#0 @0\n',
    "Func#1 ('f') is global",
    'Validating f() func#1...',
  ],
  ...['mark_precise: frame0: ', 'regs=r2 stack= before 5: ', 'refs=2,4 ', 'R10=fp0 fp-16_w=', 'R99=inv(id=0'],
  ...[
    'processed 7 insns ',
    'stack depth 8+',
    'Verification failed: A: b\n',
    'Reason:\n',
    'At:\n f @ a.c:1:2\n',
  ],
  ...[
    'Causal path:\n',
    'Suggestion:\n',
    '-- BEGIN PROG LOAD LOG --',
    "libbpf: prog 'p': ",
    '\ud800',
    '\udfff',
  ],
  ...[
    '\u00e9\u2028\u{1f600}',
    '\u00f0\u0080\u0080\u0080',
    '\u00ff',
    'caller:\n',
    '; x @ y.c:3\n',
    '5: safe\n',
  ],
];

type Kind = (typeof KINDS)[number];
const KINDS = [
  ...(['deleteLines', 'repeatLines', 'moveLines', 'splice', 'interleave', 'truncate', 'behead'] as const),
  ...(['overwrite', 'insert', 'remove', 'repeat', 'rotate', 'random', 'nest', 'long', 'number'] as const),
  ...(['carriageReturns', 'noNewlines', 'blankLines'] as const),
];

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.nat(1_000_000),
  length: fc.nat(60),
  token: fc.constantFrom(...TOKENS),
});

export const inputs: fc.Arbitrary<Input> = fc.record({
  log: fc.nat(1_000_000),
  from: fc.nat(10_000_000),
  changes: fc.array(change, { minLength: 1, maxLength: 6 }),
  cuts: fc.nat(),
  pick: fc.nat(1_000_000),
  asText: fc.boolean(),
});

/** A sequence of numbers from 0 up to 2^31, the same for a seed (Park and Miller). */
export function numbers(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647);
}

/** The input as text and as bytes: one byte a character, so that they need not be UTF-8. */
export function materialOf(input: Input, logs: readonly string[]): Material {
  const text = textOf(input, logs);
  const bytes = input.asText ? Buffer.from(text, 'utf8') : Buffer.from(text, 'latin1');
  return { text: input.asText ? text : '', bytes };
}

function textOf(input: Input, logs: readonly string[]): string {
  const window = (log: number, from: number): string => {
    const whole = logs[log % logs.length] ?? '';
    const start = whole.length <= WINDOW ? 0 : whole.indexOf('\n', from % (whole.length - WINDOW)) + 1;
    return whole.slice(start, start + WINDOW);
  };
  return input.changes.reduce(
    (log, one) => apply(log, one, window(input.log + one.length, one.at)),
    window(input.log, input.from),
  );
}

/** `other` is a piece of another real log. */
function apply(log: string, { kind, at, length, token }: Change, other: string): string {
  const from = log.length === 0 ? 0 : at % log.length;
  const to = Math.min(log.length, from + length);
  switch (kind) {
    case 'deleteLines':
    case 'repeatLines':
    case 'moveLines':
      return withLines(log, lines => changeLines(lines, kind, at, 1 + (length % 12)));
    case 'splice':
      return log.slice(0, from) + other + log.slice(to);
    case 'interleave':
      return withLines(log, lines => {
        const more = other.split('\n');
        return lines.flatMap((line, i) => [line, ...more.slice(i, i + 1)]);
      });
    case 'truncate':
      return log.slice(0, from);
    case 'behead':
      return log.slice(from);
    case 'overwrite':
      return log.slice(0, from) + token + log.slice(from + token.length);
    case 'insert':
      return log.slice(0, from) + token + log.slice(from);
    case 'remove':
      return log.slice(0, from) + log.slice(to);
    case 'repeat':
      return log.slice(0, to) + log.slice(from, to).repeat(1 + (length % 9)) + log.slice(to);
    case 'rotate':
      return log.slice(from) + log.slice(0, from);
    case 'random': {
      const next = numbers(at);
      const noise = Array.from({ length }, () => String.fromCharCode(next() % 256)).join('');
      return log.slice(0, from) + noise + log.slice(to);
    }
    case 'nest':
      return log.slice(0, from) + '('.repeat(length * 20) + token + log.slice(from);
    case 'long':
      return log.slice(0, from) + token.repeat(1 + length * 10) + log.slice(from);
    case 'number':
      return log.slice(0, from) + log.slice(from).replace(/\d+/, digits => digits.repeat(1 + (length % 30)));
    case 'carriageReturns':
      return log.replaceAll('\n', '\r\n');
    case 'noNewlines':
      return log.slice(0, from) + log.slice(from).replaceAll('\n', token === '\n' ? ' ' : '\0');
    case 'blankLines':
      return log.replaceAll('\n', '\n \t\n');
  }
}

function changeLines(lines: string[], kind: Kind, at: number, count: number): string[] {
  const from = at % lines.length;
  const some = lines.slice(from, from + count);
  if (kind === 'repeatLines') return [...lines.slice(0, from), ...some, ...some, ...lines.slice(from)];
  const rest = [...lines.slice(0, from), ...lines.slice(from + count)];
  if (kind === 'deleteLines') return rest;
  const to = (at * 7) % (rest.length + 1);
  return [...rest.slice(0, to), ...some, ...rest.slice(to)];
}

const withLines = (log: string, map: (lines: string[]) => string[]): string =>
  map(log.split('\n')).join('\n');
