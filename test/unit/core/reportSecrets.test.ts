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

test.each([
  'ssh: connect to host HOST port 22: Connection refused',
  'ssh: Could not resolve hostname HOST: Name or service not known',
  'Timeout, server HOST not responding.',
  'Connection to HOST closed by remote host.',
  'Connection to HOST port 22 timed out',
  'ssh_dispatch_run_fatal: Connection to HOST port 22: incorrect signature',
  'Shared connection to HOST closed.',
  'Connection closed by HOST port 22',
  'Connection reset by HOST port 22',
  'Disconnected from HOST port 22',
  'Received disconnect from HOST port 22:2: Too many authentication failures for USER',
  'Read from remote host HOST: Connection reset by peer',
  'Unable to negotiate with HOST port 22: no matching host key type found. Their offer: ssh-rsa',
  "Warning: Permanently added 'HOST' (ED25519) to the list of known hosts.",
  "Warning: Permanently added '[HOST]:2222' (ED25519) to the list of known hosts.",
  "Warning: Permanently added 'HOST,<address>' (ECDSA) to the list of known hosts.",
  'No ED25519 host key is known for HOST and you have requested strict checking.',
  "The authenticity of host 'HOST (<address>)' can't be established.",
  'WARNING: RSA key found for host HOST',
  '@       The ED25519 host key for HOST has changed,      @',
  'Host key for [HOST]:2222 has changed and you have requested strict checking.',
  '  ssh-keygen -f "/<home>/.ssh/known_hosts" -R "[HOST]:2222"',
  "Warning: the ED25519 host key for 'HOST' differs from the key for the IP address '<address>'",
  'HOST: Permission denied (publickey).',
  'USER@HOST: Permission denied (publickey,password).',
  'jumphost loop via HOST',
  'debug1: Connecting to HOST [<address>] port 22.',
  "debug1: Authenticating to HOST:22 as 'USER'",
  'Authenticated to HOST ([<address>]:22) using "publickey".',
  "debug1: Host 'HOST' is known and matches the ED25519 host key.",
  'nc: connect to HOST port 22 (tcp) failed: Connection refused',
  'nc: getaddrinfo for host "HOST" port 22: Name or service not known',
  'sudo: unable to resolve host HOST: Name or service not known',
  'The name HOST could not be resolved.',
  'No connection to HOST port 22: connection refused.',
])('the real name of a host behind an alias goes from %j', line => {
  const expected = line.replace('HOST', '<host>').replace('USER', '<user>');
  const secrets = hostSecrets('prod', '<host-0>');
  for (const name of ['db1.corp.internal', 'prod.corp.internal']) {
    const said = line.replace('HOST', name).replace('USER', 'alice').replace('<address>', '10.1.2.3');
    const home = said.replace('/<home>', '/home/alice');
    expect(redact(home, secrets)).toBe(expected);
    const detail = `ssh: first\r\n${home}\r\nlast`;
    expect(JSON.parse(redact(JSON.stringify({ detail }), secrets))).toHaveProperty('detail');
    expect(redact(JSON.stringify({ detail }), secrets)).not.toMatch(/corp|alice/);
  }
  expect(redact(line.replace('HOST', 'prod').replace('USER@', ''), secrets)).toContain('<host-0>');
});

test.each([
  'kex_exchange_identification: read: Connection reset by peer',
  'kex_exchange_identification: Connection closed by remote host',
  'client_loop: send disconnect: Broken pipe',
  'Connecting to the agent',
  'Host key verification failed.',
  "Warning: Permanently added the ED25519 host key for IP address '<address>' to the list of known hosts.",
  'sh: 1: cannot create /tmp/x: Permission denied',
])('%j names no host and stays', line => {
  expect(redact(line, hostSecrets('prod', '<host-0>'))).toBe(line);
});
