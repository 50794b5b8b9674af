// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { redact } from '../../../extension/core/redact';
import {
  attachmentSecrets,
  cgroupSecrets,
  flagSecrets,
  hostSecrets,
  pathSecrets,
  targetsIn,
  textsIn,
} from '../../../extension/core/reportSecrets';

test('a destination hides its machine and its user wherever they stand alone', () => {
  const secrets = hostSecrets('alice@db.example.org:2222', '<host-0>');
  expect(redact('alice@db.example.org:2222; db.example.org, of alice', secrets)).toBe(
    '<host-0>; <host-0>, of <user>',
  );
  expect(hostSecrets('root@localhost', '<host>').map(({ word }) => word)).toEqual(['root@localhost']);
});

test('hosts are read from the setting in any form, also from elements that are no hosts', () => {
  const setting = ['plain', { destination: 'bad name', label: 'Payments', port: 22 }, 7, null];
  expect(textsIn(setting)).toEqual(['plain', 'bad name', 'Payments']);
});

test('paths of settings keep the name of the program, also where JSON escapes them', () => {
  const path = 'C:\\Tools\\acme\\clang.exe';
  expect(redact(JSON.stringify({ path }), pathSecrets(path))).toBe('{"path":"<path>/clang.exe"}');
  expect(redact('/opt/acme/bin/clang-18', pathSecrets('/opt/acme/bin/clang-18'))).toBe('<path>/clang-18');
  expect(pathSecrets('clang')).toEqual([]);
});

test('arguments keep their option and lose their path', () => {
  const flags = [
    '-I/opt/acme',
    '-Iacme/inc',
    '-DROOT=/srv/x',
    '--sysroot=/opt/y',
    '/opt/z',
    '-O2',
    '-DLIMIT=4',
  ];
  const shown = flags.map(flag => redact(flag, flagSecrets(flag)));
  expect(shown).toEqual([
    '-I<path>',
    '-I<path>',
    '-DROOT=<path>',
    '--sysroot=<path>',
    '<path>',
    '-O2',
    '-DLIMIT=4',
  ]);
});

test('names of attachments and cgroups go, but not out of the middle of other words', () => {
  const secrets = [
    ...attachmentSecrets(['web', 'sockmap']),
    ...cgroupSecrets(['/sys/fs/cgroup/shop.slice', '/']),
  ];
  expect(redact('"name":"web" /sys/fs/bpf/sockmap/web website web.c web.', secrets)).toBe(
    '"name":"<attachment-0>" /sys/fs/bpf/sockmap/<attachment-0> website web.c <attachment-0>.',
  );
  expect(redact('/sys/fs/cgroup/shop.slice "/shop.slice" /shop.slice2', secrets)).toBe(
    '<cgroup-0> "<cgroup-0>" /shop.slice2',
  );
});

test('targets of commands are found in the log', () => {
  const log = 'command attach {"hostId":"local","attachment":"a\\"b","cgroup":"/x"}\nnothing';
  expect(targetsIn(log, 'attachment')).toEqual(['a"b']);
  expect(targetsIn(log, 'cgroup')).toEqual(['/x']);
  expect(targetsIn(log, 'file')).toEqual([]);
});

test('what ssh says of a machine behind an alias goes too', () => {
  const said = [
    'ssh: connect to host gw.example.org port 22: Connection refused',
    'ssh: Could not resolve hostname inner.example.org: Name or service not known',
    'bob@gw.example.org: Permission denied (publickey).',
  ];
  expect(redact(said.join('\n'), [])).toBe(
    [
      'ssh: connect to host <host> port 22: Connection refused',
      'ssh: Could not resolve hostname <host>: Name or service not known',
      '<user>@<host>: Permission denied (publickey).',
    ].join('\n'),
  );
});
