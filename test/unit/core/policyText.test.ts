// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { mistakeSpan, POLICY_HINTS, policyMistake } from '../../../extension/core/policyText';

describe('a mistake in a policy', () => {
  const text = '# größer 😀 chain\r\nchain --port 99999 -j RETURN\r\n';
  test.each([
    [2, 14, { line: 1, start: 13, end: 18 }],
    // Characters outside of the basic plane are two units of an editor.
    [1, 12, { line: 0, start: 12, end: 17 }],
    // At the end of a line, and of the text.
    [2, 29, { line: 1, start: 28, end: 28 }],
    [3, 1, { line: 2, start: 0, end: 0 }],
    [9, 9, { line: 8, start: 0, end: 0 }],
  ])('at line %i, column %i spans the word there', (line, column, span) => {
    expect(mistakeSpan(text, line, column)).toEqual(span);
  });
});

describe('the form of a policy is checked without an agent', () => {
  test.each([
    ['chian --ip 10.0.0.0/8 -j ACCEPT', 1, 1, 'start', 'chian'],
    ['# é\n\n  chain --ipp=10.0.0.0/8', 3, 9, 'option', '--ipp'],
    ['chain --port', 1, 7, 'value', '--port'],
    ['chain --port # 80', 1, 7, 'value', '--port'],
    ['chain -p 80 -j DROP\r\n', 1, 16, 'action', 'DROP'],
    ['chain --jump=DROP', 1, 14, 'action', 'DROP'],
  ])('%j is refused at line %i, column %i: %s', (text, line, column, fault, word) => {
    expect(policyMistake(text)).toEqual({ line, column, fault, word });
  });

  test.each([
    '',
    '# chain of thoughts\n',
    POLICY_HINTS.map(hint => hint.slice(2)).join('\n'),
    'chain --ip=::1/128 --ports 80 -i 10.0.0.1 -u 0 -g 0 --j accept # why\r\nchain -p 1-2\n',
    // What the agent alone knows.
    'chain --port 99999 -j RETURN',
    '{"rules": 7',
  ])('%j is left to the agent', text => {
    expect(policyMistake(text)).toBeUndefined();
  });
});
