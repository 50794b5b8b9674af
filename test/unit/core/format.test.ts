// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCgroup,
  formatCount,
  formatDecoded,
  formatDuration,
  formatEndpoint,
  formatPercent,
} from '../../../extension/core/format';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [10_240, '10.0 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [512 * 1024 * 1024, '512 MiB'],
  [1023.4 * 1024 ** 2, '1023 MiB'],
  [1023.5 * 1024 ** 2, '1.0 GiB'],
  [2 ** 53 - 1, '8.0 PiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('bytes never show four digits before the point of a larger unit', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), bytes => {
      expect(formatBytes(bytes)).toMatch(/^(\d{1,4} B|\d{1,4}(\.\d)? [KMGTPE]iB)$/);
      if (bytes >= 1024) {
        expect(Number.parseFloat(formatBytes(bytes))).toBeLessThan(1024);
      }
    }),
  );
});

test('a share is all or nothing only when it is', () => {
  expect(formatPercent(0)).toBe('0\u00a0%');
  expect(formatPercent(1)).toBe('100\u00a0%');
  expect(formatPercent(0.9999999)).toBe('99.9\u00a0%');
  expect(formatPercent(0.0000001)).toBe('0.1\u00a0%');
  expect(formatPercent(0.934)).toBe('93.4\u00a0%');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), ratio => {
      const text = formatPercent(ratio);
      expect(text === '0\u00a0%').toBe(ratio === 0);
      expect(text === '100\u00a0%').toBe(ratio === 1);
    }),
  );
});

test('counts are grouped by three', () => {
  expect(formatCount(999)).toBe('999');
  expect(formatCount(1_234_567)).toBe('1\u202f234\u202f567');
});

test('durations choose their unit', () => {
  expect(
    [0, 0.0001, 0.12, 0.9994, 0.9996, 850, 999.4, 999.6, 2400, 59_949, 200_000].map(formatDuration),
  ).toEqual([
    '0 ms',
    '1 µs',
    '120 µs',
    '999 µs',
    '1 ms',
    '850 ms',
    '999 ms',
    '1.0 s',
    '2.4 s',
    '59.9 s',
    '3 min 20 s',
  ]);
});

test('an IPv6 endpoint has brackets', () => {
  expect(formatEndpoint('10.0.0.1', 80)).toBe('10.0.0.1:80');
  expect(formatEndpoint('2001:db8::1', 80)).toBe('[2001:db8::1]:80');
});

test('a cgroup is named from the root of its hierarchy', () => {
  expect(formatCgroup('/sys/fs/cgroup/system.slice')).toBe('/system.slice');
  expect(formatCgroup('/sys/fs/cgroup/unified/a/b')).toBe('/a/b');
  expect(formatCgroup('/sys/fs/cgroup')).toBe('/');
  expect(formatCgroup('/mnt/cg2/a')).toBe('/mnt/cg2/a');
  expect(formatCgroup('/sys/fs/cgroupish')).toBe('/sys/fs/cgroupish');
});

test('a decoded value is one line, raw bytes are spaced', () => {
  expect(formatDecoded({ hex: '0a0b0c', value: undefined })).toBe('0a 0b 0c');
  expect(formatDecoded({ hex: '0x0a0b' })).toBe('0a 0b');
  expect(formatDecoded({ hex: '00', value: { a: 1, b: [1, 'x', null] } })).toBe(
    '{ a: 1, b: [1, "x", null] }',
  );
  expect(formatDecoded({ hex: '00', value: 'y'.repeat(300) }, 10)).toBe('"yyyyyyyy…');
});
