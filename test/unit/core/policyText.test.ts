// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { mistakeSpan } from '../../../extension/core/policyText';

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
