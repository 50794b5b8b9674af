// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';

/** Any text, control characters and lone surrogates too; far quicker to start than fast-check's `unit: 'binary'`. */
export function anyText(maxLength = 200) {
  return fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code)),
    maxLength,
  });
}
