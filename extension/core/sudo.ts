// SPDX-License-Identifier: Apache-2.0
import type { Problem } from './hosts';

/** What `sudo -n` complained about (sudo's own messages, in the C locale), if it was sudo. */
export function classifySudoFailure(where: string, stderr: string): Problem | undefined {
  const detail = stderr.trim();
  if (/sudo: .*(?:password is required|terminal is required|no askpass|must have a tty)/.test(stderr)) {
    return {
      code: 'sudoNeedsPassword',
      message: `sudo on ${where} requires a password, which Sockmap cannot supply.`,
      action: `Log in as root, or allow sudo without a password: add "USER ALL=(root) NOPASSWD: ALL" with visudo.`,
      detail,
    };
  }
  if (/not in the sudoers|not allowed to (?:execute|run)|may not run sudo/.test(stderr)) {
    return {
      code: 'notPermitted',
      message: `This user may not use sudo on ${where}.`,
      action: 'Log in as root, or as a user who may use sudo.',
      detail,
    };
  }
  if (/^sudo: /m.test(stderr)) {
    return {
      code: 'notPermitted',
      message: `sudo on ${where} did not start the agent.`,
      action: 'Log in as root, or fix sudo for this user.',
      detail,
    };
  }
  return undefined;
}

export function noSudo(where: string): Problem {
  return {
    code: 'notPermitted',
    message: `Loading BPF programs on ${where} needs root, and there is no sudo.`,
    action: 'Log in as root, or install sudo and allow it without a password.',
  };
}
