// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostId, parseDestination, readHostSettings } from '../../../extension/core/hostSettings';
import { checkDestination } from '../../../extension/core/ssh';
import { checkout } from '../../rig/checkout';
import { anyText } from '../../support/text';

test.each([
  ['web-1', { destination: 'web-1' }],
  ['  web-1 ', { destination: 'web-1' }],
  ['me@web-1:2222', { destination: 'me@web-1', port: 2222 }],
  ['me@[2001:db8::1]:22', { destination: 'me@2001:db8::1', port: 22 }],
  ['[fe80::1]', { destination: 'fe80::1' }],
  ['2001:db8::1', { destination: '2001:db8::1' }],
  ['a@b@host', { destination: 'a@b@host' }],
])('%j is a destination', (text, expected) => {
  expect(parseDestination(text)).toEqual({ ok: true, ...expected });
});

test.each([
  ['', 'empty'],
  ['   ', 'empty'],
  ['me@', 'empty'],
  ['@host', 'user'],
  ['-oProxyCommand=evil', 'dash'],
  ['me@-host', 'dash'],
  ['a b', 'space'],
  ['host\u0007', 'space'],
  ['host:', 'port'],
  ['host:0', 'port'],
  ['host:65536', 'port'],
  ['host:ssh', 'port'],
  ['[::1', 'port'],
  ['[::1]x', 'port'],
  ['web;id', 'shell'],
  ['a@-b@host', 'dash'],
  ['a'.repeat(1025), 'long'],
])('%j is refused as %s', (text, fault) => {
  expect(parseDestination(text)).toEqual({ ok: false, fault });
});

test('no text becomes an option of ssh, holds blanks, or makes it throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const parsed = parseDestination(text);
      if (parsed.ok) {
        expect(parsed.destination).not.toMatch(/^-|\s/);
        expect(parsed.destination.split('@').at(-1)).not.toMatch(/^-|^$/);
      }
    }),
  );
});

const local = { kind: 'local', id: 'local', label: 'Local' } as const;

test('what can be typed fits the schema of the settings and may be handed to ssh', async () => {
  const { contributes } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    contributes: {
      configuration: {
        properties: Record<string, { items?: { properties: { destination: { pattern: string } } } }>;
      }[];
    };
  };
  const schemas = contributes.configuration.flatMap(({ properties }) => properties['sockmap.hosts'] ?? []);
  const pattern = new RegExp(schemas[0]?.items?.properties.destination.pattern ?? '^$');
  fc.assert(
    fc.property(fc.oneof(anyText(), fc.stringMatching(/^[a-z@[\]:0-9.%;-]{1,12}$/)), text => {
      const parsed = parseDestination(text);
      if (parsed.ok) {
        expect(text.trim()).toMatch(pattern);
        expect(checkDestination(parsed)).toBeUndefined();
      }
    }),
  );
});

test('the local host leads, bad and repeated elements are named and left out', () => {
  const { hosts, ids, faults } = readHostSettings(
    [
      { destination: 'me@a', port: 2222, label: 'A' },
      'b:22',
      { destination: '-bad' },
      { destination: 'b:22' },
      7,
      { label: 'none' },
      { destination: 'c', port: 70000, configFile: '/etc/alt' },
    ],
    local,
  );
  expect(hosts).toEqual([
    local,
    { kind: 'ssh', id: 'ssh:me@a:2222', label: 'A', destination: 'me@a', port: 2222 },
    { kind: 'ssh', id: 'ssh:b:22', label: 'b:22', destination: 'b', port: 22 },
    { kind: 'ssh', id: 'ssh:c', label: 'c', destination: 'c', configFile: '/etc/alt' },
  ]);
  expect(ids).toEqual(['ssh:me@a:2222', 'ssh:b:22', undefined, 'ssh:b:22', undefined, undefined, 'ssh:c']);
  expect(faults).toEqual([
    { index: 2, fault: 'dash' },
    { index: 3, fault: 'duplicate' },
    { index: 4, fault: 'empty' },
    { index: 5, fault: 'empty' },
  ]);
});

test('whatever the setting holds is read without throwing, with unique ids', () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      const { hosts } = readHostSettings(value, undefined);
      expect(new Set(hosts.map(h => h.id)).size).toBe(hosts.length);
    }),
  );
  expect(readHostSettings('nonsense', local).hosts).toEqual([local]);
});

test('an id of the setting wins over the one made from the destination', () => {
  expect(hostId({ id: 'x', destination: 'a' })).toBe('x');
  expect(hostId({ destination: 'a' })).toBe('ssh:a');
});
