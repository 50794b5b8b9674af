// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkDestination,
  classifySshFailure,
  quotePosix,
  sshArguments,
  sshCommandLine,
} from '../../../extension/core/ssh';
import { anyText } from '../../support/text';
import { classifySudoFailure } from '../../../extension/core/sudo';

const target = { destination: 'user@box' };

describe('the arguments of ssh', () => {
  test('end with the destination and the command, after --', () => {
    const args = sshArguments({ destination: 'box', port: 2222, configFile: '/c f' }, 'exec sh');
    expect(args.slice(-3)).toEqual(['--', 'box', 'exec sh']);
    expect(args.join(' ')).toContain('-F /c f -p 2222 --');
    expect(args).toContain('BatchMode=yes');
  });

  test('leave the check of host keys to the user and to ssh', () => {
    expect(sshArguments(target, 'true').join(' ')).not.toMatch(/StrictHostKeyChecking|KnownHosts/);
  });
});

test.each([
  ['/etc/ssh/alt.conf', 'ssh -F /etc/ssh/alt.conf -p 2222 box'],
  ['/my files/alt', "ssh -F '/my files/alt' -p 2222 box"],
  ["/it's/alt", "ssh -F '/it'\\''s/alt' -p 2222 box"],
  ['C:\\ssh\\alt', 'ssh -F "C:\\ssh\\alt" -p 2222 box'],
  ['C:\\My Files\\alt', 'ssh -F "C:\\My Files\\alt" -p 2222 box'],
  ['', "ssh -F '' -p 2222 box"],
])('a command line to copy with the configuration %j', (configFile, line) => {
  expect(sshCommandLine({ destination: 'box', port: 2222, configFile })).toBe(line);
});

describe('a destination', () => {
  test.each(['box', 'user@box', 'fe80::1%eth0', 'user@[::1]', 'ssh://u@h:22', 'dom\u00e4ne', 'a_b.c-d'])(
    'may be %s',
    destination => {
      expect(checkDestination({ destination })).toBeUndefined();
    },
  );

  test.each([
    '',
    '-oProxyCommand=id',
    'a b',
    'a\nb',
    'a\u0000',
    'a\u200bb',
    '$(id)',
    'a;b',
    "a'b",
    'u@-x',
    'u@',
  ])('may not be %j', destination => {
    expect(checkDestination({ destination })?.code).toBe('badHost');
  });

  test.each([0, 65536, 1.5, NaN])('may not have port %d', port => {
    expect(checkDestination({ destination: 'box', port })?.code).toBe('badHost');
  });

  test('that passes never starts an option nor holds a control character', () => {
    fc.assert(
      fc.property(anyText(), destination => {
        fc.pre(checkDestination({ destination }) === undefined);
        expect(destination).toMatch(/^[^-\s\p{C}][^\s\p{C}]*$/u);
      }),
    );
  });
});

describe('what ssh says when it fails', () => {
  test.each([
    ['unknownHostKey', 'Host key verification failed.'],
    [
      'unknownHostKey',
      'No ED25519 host key is known for box and you have requested strict checking.\r\nHost key verification failed.',
    ],
    [
      'changedHostKey',
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.',
    ],
    ['loginRefused', 'user@box: Permission denied (publickey).'],
    ['loginRefused', 'Received disconnect from 1.2.3.4 port 22:2: Too many authentication failures'],
    ['unreachable', 'ssh: Could not resolve hostname box: Name or service not known'],
    ['unreachable', 'ssh: connect to host box port 22: Connection refused'],
    ['unreachable', 'ssh: connect to host box port 22: Connection timed out'],
    ['unreachable', 'kex_exchange_identification: Connection closed by remote host'],
    [
      'unreachable',
      'Unable to negotiate with 1.2.3.4 port 22: no matching host key type found. Their offer: ssh-dss',
    ],
    ['badHost', '/root/.ssh/config: line 3: Bad configuration option: foo'],
    ['badHost', 'hostname contains invalid characters'],
    ['unreachable', 'something nobody has seen'],
    ['unreachable', ''],
  ])('%s: %s', (code, stderr) => {
    const problem = classifySshFailure(target, stderr);
    expect(problem.code).toBe(code);
    expect(problem.message).toMatch(/^\S[^\n]*\S$/);
    expect(problem.action).toMatch(/\S/);
    expect(problem.detail ?? '').toBe(stderr.trim());
  });

  test('the innermost failure counts behind a jump host', () => {
    const stderr =
      'root@jump: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host';
    expect(classifySshFailure(target, stderr).code).toBe('loginRefused');
  });
});

describe('what sudo says when it fails', () => {
  test.each([
    ['sudoNeedsPassword', 'sudo: a password is required\n'],
    ['sudoNeedsPassword', 'sudo: a terminal is required to read the password; either use the -S option'],
    ['sudoNeedsPassword', 'sudo: sorry, you must have a tty to run sudo'],
    ['notPermitted', 'mallory is not in the sudoers file.'],
    ['notPermitted', 'Sorry, user m is not allowed to execute /x as root on box.'],
    ['notPermitted', 'sudo: unknown user root'],
  ])('%s: %s', (code, stderr) => {
    expect(classifySudoFailure('box', stderr)?.code).toBe(code);
  });

  test('nothing of sudo is nothing', () => {
    expect(classifySudoFailure('box', 'the agent: cannot do it\npseudo: x')).toBeUndefined();
  });
});

test('quoting for a POSIX shell leaves no quote open', () => {
  expect(quotePosix(`it's $HOME`)).toBe(`'it'\\''s $HOME'`);
});
