// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSshConfig } from '../../../extension/core/sshConfig';
import { anyText } from '../../support/text';

test('lists names, not patterns', () => {
  const text = `
# Host commented
Host box *.lab !bad web? plain # Host trailing
  HostName 10.0.0.1
HOST="quoted name" other
host\ttabbed
Match host zzz
Include ~/.ssh/config.d/* "with blank/x"
Include=rest
`;
  expect(parseSshConfig(text)).toEqual({
    hosts: ['box', 'plain', 'quoted name', 'other', 'tabbed'],
    includes: ['~/.ssh/config.d/*', 'with blank/x', 'rest'],
  });
});

test('no text makes it throw or list a pattern', () => {
  fc.assert(
    fc.property(anyText(), text => {
      expect(parseSshConfig(`Host ${text}`).hosts.join('')).not.toMatch(/[*?!]/);
    }),
  );
});
