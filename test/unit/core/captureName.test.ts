// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { captureName, parsePort } from '../../../extension/core/captureName';

test('the name of a file sorts by the time at which its capture was begun', () => {
  expect(captureName('web', new Date(2026, 0, 7, 3, 4, 9))).toBe('web-20260107-030409.pcapng');
});

test.each([
  ['', null],
  ['  ', null],
  ['1', 1],
  [' 8080 ', 8080],
  ['65535', 65535],
  ['0', undefined],
  ['65536', undefined],
  ['-1', undefined],
  ['80,81', undefined],
  ['1e3', undefined],
  ['http', undefined],
])('of "%s" the port is %s', (text, port) => {
  expect(parsePort(text)).toBe(port);
});
