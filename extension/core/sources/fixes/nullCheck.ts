// SPDX-License-Identifier: Apache-2.0
import { closing, type Token } from '../tokens';
import type { Check } from './index';
import type { CFunction, Statement } from './functions';

/** A plain variable that gets the result of a helper, and nothing else, is compared with NULL right behind that. */
export function nullCheck({ tokens }: CFunction, { kind, first, last }: Statement): Check | undefined {
  if (kind !== 'simple') return undefined;
  const assigns = tokens.slice(first, last).flatMap((token, i) => (token.text === '=' ? [first + i] : []));
  const [equals] = assigns;
  if (equals === undefined || assigns.length > 1) return undefined;
  const name = tokens[equals - 1];
  if (name?.kind !== 'word' || !isPlainTarget(tokens, first, equals - 1)) return undefined;
  let value = equals + 1;
  if (tokens[value]?.text === '(') value = closing(tokens, value) + 1;
  const helper = tokens[value];
  if (helper?.kind !== 'word' || !helper.text.startsWith('bpf_') || tokens[value + 1]?.text !== '(')
    return undefined;
  if (closing(tokens, value + 1) !== last - 1) return undefined;
  return { subject: name.text, condition: `!${name.text}`, where: 'after' };
}

/** `name` or a declaration of one pointer, `struct value *name`. */
function isPlainTarget(tokens: readonly Token[], first: number, name: number): boolean {
  if (name === first) return true;
  const before = tokens.slice(first, name);
  return (
    before[0]?.kind === 'word' &&
    before[0].text !== 'return' &&
    before[0].text !== 'static' &&
    before.at(-1)?.text === '*' &&
    before.every(({ kind, text }) => kind === 'word' || text === '*')
  );
}
