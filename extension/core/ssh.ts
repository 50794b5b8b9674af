// SPDX-License-Identifier: Apache-2.0
/** The system's ssh: its arguments, and what its stderr means (messages of OpenSSH's sshconnect*.c, readconf.c). */
import { type DestinationFault, destinationFault, isPort } from './destination';
import type { Problem } from './hosts';

export interface SshTarget {
  readonly destination: string;
  readonly port?: number;
  readonly configFile?: string;
}

const FAULTS: Record<DestinationFault, string> = {
  empty: 'it names no host',
  dash: 'a part of it starts with "-"',
  space: 'it contains blanks or control characters',
  user: 'there is no user before the "@"',
  shell: 'it contains characters that a shell would interpret',
  long: 'it is too long',
};

/** The last check before ssh is started. */
export function checkDestination({ destination, port }: SshTarget): Problem | undefined {
  const fault = destinationFault(destination);
  if (fault !== undefined) {
    return {
      code: 'badHost',
      message: `${JSON.stringify(destination)} cannot be a host: ${FAULTS[fault]}.`,
      action: 'Give [user@]host or a Host name of your ssh configuration.',
    };
  }
  if (port !== undefined && !isPort(port)) {
    return {
      code: 'badHost',
      message: `${String(port)} is no port.`,
      action: 'Give a port from 1 to 65535, or none.',
    };
  }
  return undefined;
}

/** The program to start for the setting `sockmap.ssh.path`, where empty means the `ssh` of PATH. */
export function sshProgram(configured: string | undefined): string {
  return configured === undefined || configured === '' ? 'ssh' : configured;
}

/**
 * Arguments of ssh for one command without a terminal. The user's configuration, keys, jumps and host key
 * policy all count; only what would break the pipe or ask a question is switched off.
 */
export function sshArguments(target: SshTarget, command: string): string[] {
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ClearAllForwardings=yes',
    'RemoteCommand=none',
    'RequestTTY=no',
    'PermitLocalCommand=no',
    // A master of ours would carry the user's other sessions and end them with this one; one of theirs is used.
    'ControlMaster=no',
  ];
  return [
    '-T',
    ...options.flatMap(option => ['-o', option]),
    ...(target.configFile === undefined ? [] : ['-F', target.configFile]),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    '--',
    target.destination,
    command,
  ];
}

/** The command that the person runs to see for themselves. */
export function sshCommandLine(target: SshTarget): string {
  const file = target.configFile === undefined ? '' : `-F ${shellWord(target.configFile)} `;
  const port = target.port === undefined ? '' : `-p ${String(target.port)} `;
  return `ssh ${file}${port}${target.destination}`;
}

/** A path for a POSIX shell, or for the shells of Windows if it is one of there. */
function shellWord(path: string): string {
  if (/^[\w@%+=:,./-]+$/.test(path)) {
    return path;
  }
  return /^(?:[A-Za-z]:|\\\\)/.test(path) ? `"${path}"` : quotePosix(path);
}

/** Single quotes for a POSIX shell. */
export function quotePosix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

interface Rule {
  readonly pattern: RegExp;
  readonly problem: (target: SshTarget, match: RegExpExecArray) => Problem;
}

const unreachable = (message: string, action: string): Problem => ({ code: 'unreachable', message, action });

// Most telling first: behind a jump host, the inner failure is followed by the outer one's.
const RULES: readonly Rule[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    problem: target => ({
      code: 'changedHostKey',
      message: `The host key of ${target.destination} is not the one that was known; ssh refused to connect.`,
      action: `Ask who runs the host; if the change is right, remove the old key with ssh-keygen -R and connect once in a terminal: ${sshCommandLine(target)}`,
    }),
  },
  {
    pattern: /Host key verification failed|host key is known for/i,
    problem: target => ({
      code: 'unknownHostKey',
      message: `The host key of ${target.destination} is not known yet; ssh refused to connect.`,
      action: `Connect once in a terminal to check and accept the key: ${sshCommandLine(target)}`,
    }),
  },
  {
    pattern: /Permission denied \(|Permission denied, please try again|Too many authentication failures/,
    problem: target => ({
      code: 'loginRefused',
      message: `${target.destination} refused the login.`,
      action: `Load your key into ssh-agent or name it in the ssh configuration, until this works without a question: ${sshCommandLine(target)}`,
    }),
  },
  {
    pattern: /Could not resolve hostname ([^\s:]+)/,
    problem: (_target, match) =>
      unreachable(
        `The name ${match[1] ?? ''} could not be resolved.`,
        'Check the spelling, the ssh configuration and the network.',
      ),
  },
  {
    pattern: /connect to host (\S+) port (\d+): ([^\r\n]+)/,
    problem: (_target, match) =>
      unreachable(
        `No connection to ${match[1] ?? ''} port ${match[2] ?? ''}: ${(match[3] ?? '').toLowerCase()}.`,
        'Check that the host is up, that sshd listens on that port, and that no firewall is between.',
      ),
  },
  {
    pattern:
      /Bad configuration option|bad configuration option|Can't open user config file|Bad owner or permissions/,
    problem: target => ({
      code: 'badHost',
      message: `ssh cannot use its configuration for ${target.destination}.`,
      action: `Correct the ssh configuration until this works: ${sshCommandLine(target)}`,
    }),
  },
  {
    pattern: /hostname contains invalid characters|remote username contains invalid characters/,
    problem: target => ({
      code: 'badHost',
      message: `ssh refuses ${target.destination} as a host.`,
      action: 'Give [user@]host or a Host name of your ssh configuration.',
    }),
  },
  {
    pattern: /no matching [a-z ]+ found|Unable to negotiate/i,
    problem: target =>
      unreachable(
        `ssh and ${target.destination} have no algorithm in common.`,
        `See what is offered with: ssh -v, then allow one in the ssh configuration.`,
      ),
  },
  {
    pattern: /kex_exchange_identification|banner exchange|Connection (?:reset|closed) by|timed out/i,
    problem: target =>
      unreachable(
        `${target.destination} ended the connection before the login.`,
        'Check that an ssh server listens there and that it does not limit connections.',
      ),
  },
];

/** What a run of ssh that ended before the remote command spoke (exit status 255) died of. */
export function classifySshFailure(target: SshTarget, stderr: string): Problem {
  const detail = stderr.trim();
  for (const rule of RULES) {
    const match = rule.pattern.exec(stderr);
    if (match !== null) {
      return { ...rule.problem(target, match), detail };
    }
  }
  const lastLine = detail.split(/\r?\n/).at(-1) ?? '';
  return {
    code: 'unreachable',
    message: `ssh could not connect to ${target.destination}${lastLine === '' ? '' : `: ${lastLine}`}`,
    action: `Find out in a terminal: ${sshCommandLine(target)}`,
    ...(detail === '' ? {} : { detail }),
  };
}
