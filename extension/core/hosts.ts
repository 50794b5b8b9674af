// SPDX-License-Identifier: Apache-2.0

/** A Linux machine on which programs are loaded. `id` is stable and names it in settings and tree ids. */
export type HostDefinition =
  | { readonly kind: 'local'; readonly id: 'local'; readonly label: string }
  | {
      readonly kind: 'ssh';
      readonly id: string;
      readonly label: string;
      /** As given to ssh: `[user@]host` or a Host name of the user's ssh config; never starts with `-`. */
      readonly destination: string;
      readonly port?: number;
      /** An ssh config file other than the user's (`ssh -F`). */
      readonly configFile?: string;
    };

/** What went wrong and what the person can do. Both are one sentence. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly action?: string;
  /** Output that helps to understand it, e.g. ssh's stderr. */
  readonly detail?: string;
}

export const PROBLEM_CODES = [
  'unknownHostKey',
  'changedHostKey',
  'loginRefused',
  'unreachable',
  'sshMissing',
  'badHost',
  'unsupportedArchitecture',
  'agentMissing',
  'agentDamaged',
  'delivery',
  'notPermitted',
  'sudoNeedsPassword',
  'protocolMismatch',
  'handshake',
  'connectionLost',
  'timeout',
  'cancelled',
  'clangMissing',
  'compile',
  'internal',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** The connection to a host, rendered by every view. */
export type HostState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly stage: string }
  | {
      readonly kind: 'ready';
      readonly kernel: string;
      readonly arch: string;
      readonly hostname: string;
      readonly canLoad: boolean;
      readonly problems: readonly { readonly message: string; readonly action: string }[];
    }
  | {
      readonly kind: 'retrying';
      readonly attempt: number;
      readonly delayMs: number;
      readonly problem: Problem;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };
