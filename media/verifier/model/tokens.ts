// SPDX-License-Identifier: Apache-2.0
import { LineKind } from '../../../extension/core/verifierLog/kinds';
import type { Row } from './row';

/** How a part of a line is coloured. */
export type TokenKind =
  'plain' | 'dim' | 'keyword' | 'register' | 'number' | 'helper' | 'type' | 'string' | 'comment' | 'place';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** What a click traces: a register, or a stack slot in bytes from the frame pointer. */
  readonly register?: number;
  readonly slot?: number;
}

interface Grammar {
  readonly pattern: RegExp;
  /** Kinds by group. */
  readonly kinds: readonly TokenKind[];
}

const NUMBER = String.raw`(?<![\w.])[-+]?(?:0x[0-9a-f]+|\d+)(?:[uU]?[lL]{0,2})(?![\w.])`;

/** Instructions as kernel/bpf/disasm.c prints them. */
const INSN: Grammar = {
  pattern: new RegExp(
    [
      String.raw`((?<=\bcall )\S+)`,
      String.raw`((?<![\w.])[rw](?:10|\d)(?!\w))`,
      String.raw`(\((?:[us](?:8|16|32|64)|void)[^()]*\))`,
      String.raw`((?<!\w)(?:goto(?:l|_or_nop)?|may_goto|if|call|exit|lock|s?(?:be|le|bswap)(?:16|32|64)|gotox)(?!\w))`,
      `(${NUMBER}|pc[-+]\\d+)`,
    ].join('|'),
    'gi',
  ),
  kinds: ['helper', 'register', 'type', 'keyword', 'number'],
};

/** Registers and slots as kernel/bpf/log.c prints them: `R1_w=scalar(umax=255)`, `fp-8=mmmmmmmm`. */
const STATE: Grammar = {
  pattern: new RegExp(
    [
      String.raw`((?<![\w.])(?:R(?:10|\d)|fp-\d+)(?=(?:_[a-zA-Z]+)?=|_w|$|[ ,]))`,
      String.raw`((?<=[=(,])(?:scalar|ctx|fp|map_ptr|map_value(?:_or_null)?|pkt(?:_end|_meta)?|sock(?:_common|_or_null)?|tcp_sock(?:_or_null)?|mem(?:_or_null)?|ptr_\w+|trusted_ptr_\w+|rcu_ptr_\w+|inv|invP?|inv\d+)(?![\w]))`,
      `(${NUMBER})`,
    ].join('|'),
    'g',
  ),
  kinds: ['register', 'type', 'number'],
};

const C: Grammar = {
  pattern: new RegExp(
    [
      String.raw`(\/\/.*$|\/\*.*?(?:\*\/|$))`,
      String.raw`("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`,
      String.raw`((?<!\w)(?:if|else|for|while|do|switch|case|default|break|continue|return|goto|sizeof|struct|union|enum|static|const|volatile|inline|typedef|extern)(?!\w))`,
      String.raw`((?<!\w)(?:void|char|short|int|long|unsigned|signed|bool|__[us](?:8|16|32|64)|__be(?:16|32|64)|[us](?:8|16|32|64))(?!\w))`,
      String.raw`((?<!\w)[A-Za-z_]\w*(?=\())`,
      `(${NUMBER})`,
    ].join('|'),
    'g',
  ),
  kinds: ['comment', 'string', 'keyword', 'type', 'helper', 'number'],
};

const DIM: ReadonlySet<LineKind> = new Set([
  LineKind.Precise,
  LineKind.Liveness,
  LineKind.Safe,
  LineKind.Call,
  LineKind.Subprogram,
  LineKind.Wrapper,
  LineKind.Note,
]);

/** The parts of a row, from left to right; their texts make up the row's text. */
export function tokenize(row: Row): readonly Token[] {
  const { kind, text, start, end } = row;
  const [head, part, tail] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  if (kind === LineKind.Insn)
    return [...plain('dim', head), ...parse(INSN, 'plain', part), ...parse(STATE, 'dim', tail)];
  if (kind === LineKind.State || kind === LineKind.From) return parse(STATE, 'dim', text);
  if (kind === LineKind.Source)
    return [
      ...plain('dim', head),
      ...parse(C, 'plain', part),
      ...plain(row.place === '' ? 'dim' : 'place', tail),
    ];
  return plain(DIM.has(kind) ? 'dim' : 'plain', text);
}

const plain = (kind: TokenKind, text: string): Token[] => (text === '' ? [] : [{ kind, text }]);

function parse({ pattern, kinds }: Grammar, rest: TokenKind, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    tokens.push(...plain(rest, text.slice(at, match.index)));
    const groups: readonly (string | undefined)[] = match.slice(1);
    const group = groups.findIndex(part => part !== undefined);
    tokens.push(token(kinds[group] ?? rest, match[0]));
    at = match.index + match[0].length;
  }
  return [...tokens, ...plain(rest, text.slice(at))];
}

function token(kind: TokenKind, text: string): Token {
  if (kind !== 'register') return { kind, text };
  if (text.startsWith('fp')) return { kind, text, slot: Number(text.slice(2)) };
  return { kind, text, register: Number(text.slice(1)) };
}
