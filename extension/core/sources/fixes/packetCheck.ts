// SPDX-License-Identifier: Apache-2.0
import type { Check } from './index';
import type { CFunction, Statement } from './functions';
import { changes, decides, pointers } from './words';

/** Contexts with `data_end`. */
const CONTEXTS: ReadonlySet<string> = new Set(['xdp_md', '__sk_buff', 'sk_msg_md']);

/** After these, pointers into the packet are no more. */
const MOVES =
  /^bpf_(?:skb_(?:pull|store|change|adjust|vlan|cgroup|set|ecn)|msg_(?:pull|push|pop)|xdp_adjust|clone_|l[34]_csum|tail_call)/;

/** All that a statement reads through one pointer is compared with the end of the data before it. */
export function packetCheck(found: CFunction, statement: Statement): Check | undefined {
  const { tokens } = found;
  const { first, last } = statement;
  const reads = readsThroughPointers(found, statement);
  const names = [...new Set(reads.map(({ name }) => name))];
  const [name] = names;
  if (name === undefined || names.length > 1 || changes(tokens, first, last, name)) return undefined;
  // What is read only under a condition of the same statement must not be asked for without it.
  if (reads.some(({ at }) => decides(tokens, first, at))) return undefined;
  const words = reads.map(({ words: count }) => count);
  if (words.includes(undefined)) return undefined;
  const end = endOfData(found, first);
  if (end === undefined) return undefined;
  const size = Math.max(...words.map(count => count ?? 0));
  return { subject: name, condition: `(void *)(${name} + ${size}) > ${end}`, where: 'before' };
}

interface Read {
  readonly name: string;
  readonly at: number;
  /** How many elements from the pointer on; undefined when that is not constant. */
  readonly words: number | undefined;
}

function readsThroughPointers(found: CFunction, { first, last }: Statement): Read[] {
  const { tokens } = found;
  const declared = pointers(found, first);
  const reads: Read[] = [];
  for (let at = first; at <= last; at++) {
    const token = tokens[at];
    if (token?.kind !== 'word' || !declared.has(token.text)) continue;
    const [before, next, second, third] = [at - 1, at + 1, at + 2, at + 3].map(i => tokens[i]);
    if (before?.text === '.' || (before?.text === '>' && tokens[at - 2]?.text === '-')) continue;
    const push = (words: number | undefined) => reads.push({ name: token.text, at, words });
    if (next?.text === '-' && second?.text === '>') push(1);
    else if (next?.text === '[')
      push(second?.kind === 'number' && third?.text === ']' ? 1 + Number(second.text) : undefined);
    else if (before?.text === '*') push(isUnary(tokens[at - 2]) ? 1 : undefined);
  }
  return reads;
}

/** What stands before a `*` that reads, other than one that multiplies. */
const isUnary = (token: CFunction['tokens'][number] | undefined): boolean =>
  token !== undefined && (token.text === 'return' || (token.kind === 'mark' && !/[)\]]/.test(token.text)));

/** How the function names the end of the data, at a token; undefined when it cannot. */
function endOfData({ tokens, open, parameters }: CFunction, at: number): string | undefined {
  for (let i = at - 1; i > open; i--) {
    const token = tokens[i];
    if (token?.kind !== 'word') continue;
    if (MOVES.test(token.text)) return undefined;
    if (token.text !== 'data_end' || tokens[i - 1]?.text !== '>') continue;
    let equals = i;
    while (equals > i - 14 && equals > open && !/[=;{]/.test(tokens[equals]?.text ?? '')) equals--;
    const name = tokens[equals - 1];
    const isWhole = tokens[i + 1]?.text === ';' || tokens[i + 1]?.text === ',';
    if (tokens[equals]?.text !== '=' || name?.kind !== 'word' || !isWhole) continue;
    if (depthAt(tokens, open, equals) !== 1) continue;
    const isVoid = tokens[equals - 2]?.text === '*' && tokens[equals - 3]?.text === 'void';
    return isVoid ? name.text : `(void *)(long)${name.text}`;
  }
  const [struct, context, star, name] = [1, 2, 3, 4].map(i => tokens[parameters.open + i]);
  if (struct?.text !== 'struct' || !CONTEXTS.has(context?.text ?? '') || star?.text !== '*') return undefined;
  return name?.kind === 'word' ? `(void *)(long)${name.text}->data_end` : undefined;
}

function depthAt(tokens: CFunction['tokens'], open: number, at: number): number {
  let depth = 0;
  for (let i = open; i < at; i++) depth += tokens[i]?.text === '{' ? 1 : tokens[i]?.text === '}' ? -1 : 0;
  return depth;
}
