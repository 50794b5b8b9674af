// SPDX-License-Identifier: Apache-2.0
/**
 * Edits that remove a verifier's complaint, where what to write follows from the complaint and the code around it.
 * Whatever is not understood for sure gets none.
 */
import { findPlace } from '../findPlace';
import { squeeze } from '../locate';
import type { RunProblem } from '../../verifierRuns';
import { type CFunction, functionAt, type Statement } from './functions';
import { initialise } from './initialise';
import { indexCheck } from './indexCheck';
import { nullCheck } from './nullCheck';
import { packetCheck } from './packetCheck';
import { leave } from './returns';

export interface TextInsertion {
  /** In UTF-16 units. */
  readonly offset: number;
  readonly text: string;
}

export const FIX_KINDS = ['null-check', 'packet-check', 'index-check', 'initialise'] as const;
export type FixKind = (typeof FIX_KINDS)[number];

export interface Fix {
  readonly kind: FixKind;
  /** The variable that is compared, or gets a value. */
  readonly subject: string;
  readonly insertion: TextInsertion;
}

/** A condition under which the function is left, and where it is looked at. */
export interface Check {
  readonly subject: string;
  readonly condition: string;
  readonly where: 'before' | 'after';
}

/** Which place of a problem its edit is made at; undefined: none of its kind can be mended by an edit. */
export function fixKind({ id, message }: Pick<RunProblem, 'id' | 'message'>): FixKind | undefined {
  switch (id) {
    case 'map-value-or-null':
    case 'pointer-or-null':
      return 'null-check';
    case 'argument-type':
      return /_or_null\b/.test(message) ? 'null-check' : undefined;
    case 'packet-bounds':
      return 'packet-check';
    case 'min-value-negative':
      // These are the words for a size that a helper gets, which no comparison of an index bounds.
      return message.includes("'var &= const'") ? undefined : 'index-check';
    case 'map-value-bounds':
    case 'stack-variable-offset':
      return 'index-check';
    case 'stack-uninitialised':
      return 'initialise';
    default:
      return undefined;
  }
}

/** Where the edit for a problem goes: at the call that may return NULL, else at the access. */
export function fixPlace(problem: RunProblem): RunProblem['place'] {
  return fixKind(problem) === 'null-check' ? problem.origin : problem.place;
}

/**
 * The edit for a refused program in the text of the file that {@link fixPlace} names. `isSame`: the text is the one
 * that was compiled; in any other the line must be the only one that reads so.
 */
export function fixOf(
  text: string,
  { program, problem, isSame }: { program: string; problem: RunProblem; isSame: boolean },
): Fix | undefined {
  const kind = fixKind(problem);
  const place = fixPlace(problem);
  if (kind === undefined || place === undefined || place.text === '') return undefined;
  const wanted = squeeze(place.text);
  const isSure =
    (isSame && place.line !== undefined) ||
    text.split('\n').filter(line => squeeze(line) === wanted).length === 1;
  const part = isSure ? findPlace(text, program, place) : undefined;
  return part && fixAt(text, part.line, kind);
}

/** The edit at a line of a file, from 0; undefined when there is none that is surely right. */
export function fixAt(text: string, line: number, kind: FixKind): Fix | undefined {
  const found = functionAt(text, line);
  if (found === undefined) return undefined;
  const here = found.statements.filter(({ first, last }) => {
    const [a, b] = [found.tokens[first], found.tokens[last]];
    return a !== undefined && b !== undefined && a.line <= line && line <= b.line;
  });
  if (kind === 'initialise') {
    const [statement] = here;
    const start = statement && here.length === 1 ? initialise(found, statement) : undefined;
    const end = start && found.tokens[start.at];
    return (
      start && end && { kind, subject: start.subject, insertion: { offset: end.offset, text: start.value } }
    );
  }
  const checks = here.flatMap(statement => {
    const check = checkOf(found, statement, kind);
    return check === undefined ? [] : [{ statement, check }];
  });
  const [only] = checks;
  if (only === undefined || checks.length > 1) return undefined;
  const insertion = insert(text, found, only.statement, only.check);
  return insertion && { kind, subject: only.check.subject, insertion };
}

function checkOf(
  found: CFunction,
  statement: Statement,
  kind: Exclude<FixKind, 'initialise'>,
): Check | undefined {
  const { first, last, bare } = statement;
  if (bare || statement.kind === 'other' || holdsSomething(found, first)) return undefined;
  // Directives inside a statement make it more than one.
  const words = found.tokens.slice(first, last + 1);
  if (
    words.some(
      ({ kind: token, text }) => token === 'word' && /^[A-Z][A-Z0-9_]*$/.test(text) && isCalled(words, text),
    )
  )
    return undefined;
  switch (kind) {
    case 'null-check':
      return nullCheck(found, statement);
    case 'packet-check':
      return packetCheck(found, statement);
    case 'index-check':
      return indexCheck(found, statement);
  }
}

const isCalled = (words: CFunction['tokens'], name: string): boolean =>
  words.some(({ text }, at) => text === name && words[at + 1]?.text === '(');

/** Leaving early would leak what the function has acquired, or leave a lock held. */
const ACQUIRES =
  /^bpf_\w*(?:lookup_tcp|lookup_udp|skc_lookup|acquire|reserve|reserve_dynptr|lock|disable|obj_new|kptr_xchg|iter_\w+_new)$/;

function holdsSomething({ tokens, open }: CFunction, before: number): boolean {
  return tokens.slice(open, before).some(({ kind, text }) => kind === 'word' && ACQUIRES.test(text));
}

function insert(
  text: string,
  found: CFunction,
  statement: Statement,
  check: Check,
): TextInsertion | undefined {
  const { tokens } = found;
  const [first, last] = [tokens[statement.first], tokens[statement.last]];
  if (first === undefined || last === undefined) return undefined;
  const inside = text.slice(first.offset, last.offset);
  if (/^[ \t]*#/m.test(inside) || leave(found) === undefined) return undefined;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lineStart = text.lastIndexOf('\n', first.offset - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const unit = indent.includes('\t') || indent === '' ? '\t' : indent.length % 4 === 0 ? '    ' : '  ';
  const lines = [`if (${check.condition})`, `${indent}${unit}${leave(found) ?? ''}`];
  if (check.where === 'before') return { offset: first.offset, text: [...lines, indent].join(end) };
  const after = last.offset + 1;
  const rest = /^[^\n]*/.exec(text.slice(after))?.[0].replace(/\r$/, '') ?? '';
  // A comment behind the statement stays with it; what else stands there, or goes on, comes after the check.
  const isComment = /^[ \t]*(?:\/\/.*[^\\]|\/\*(?:(?!\*\/).)*\*\/[ \t]*)?$/.test(rest);
  return { offset: isComment ? after + rest.length : after, text: `${end}${indent}${lines.join(end)}` };
}
