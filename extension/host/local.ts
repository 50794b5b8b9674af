// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Logger } from '../core/logger';
import { ProblemError } from '../core/problem';
import { classifySudoFailure, noSudo } from '../core/sudo';
import { throwIfCancelled } from './abort';
import { AgentConnection } from './agentConnection';
import { type AgentArchitecture, type AgentBinaries, agentMissing, ensureExecutable } from './agentBinary';
import type { Clock } from './clock';
import type { Connector, OpenOptions } from './connector';
import { awaitHandshake, createNonce } from './handshake';
import { ManagedProcess, type ProcessExit, StartError } from './process';

export interface LocalOptions {
  readonly binaries: AgentBinaries;
  /** `sockmap.agentPath`: started instead of the packaged agent. */
  readonly agentPath?: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of the machine; tests give others. */
  readonly platform?: NodeJS.Platform;
  readonly arch?: string;
  /** undefined where the platform has none. */
  readonly uid?: number;
  readonly env?: NodeJS.ProcessEnv;
}

const WHERE = 'this machine';
const HANDSHAKE_TIMEOUT_MS = 15_000;
const ARCHITECTURES: Readonly<Record<string, AgentArchitecture>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The agent as a child of the extension host. */
export class LocalConnector implements Connector {
  constructor(readonly options: LocalOptions) {}

  async open({ signal, onStage }: OpenOptions): Promise<AgentConnection> {
    const { logger, clock } = this.options;
    const path = await this.#agentPath();
    const nonce = createNonce();
    const serve = ['serve', '--nonce', nonce];
    const uid = this.options.uid ?? process.getuid?.();
    const [command, args] = uid === 0 ? [path, serve] : ['sudo', ['-n', '--', path, ...serve]];
    onStage('Starting the agent');
    throwIfCancelled(signal, `Connecting to ${WHERE}`);
    const child = await this.#start(command, args, path);
    try {
      await awaitHandshake(child, {
        nonce,
        where: WHERE,
        timeoutMs: HANDSHAKE_TIMEOUT_MS,
        signal,
        clock,
        onExit: (exit, stderr, banner) => explainStart(path, exit, stderr, banner),
      });
    } catch (error) {
      await child.end(500);
      throw error;
    }
    return new AgentConnection(child, {
      where: WHERE,
      logger,
      clock,
      explainExit: (exit, stderr) => ({
        code: 'connectionLost',
        message: `The agent on ${WHERE} ended unexpectedly (${exitText(exit)}).`,
        ...(stderr.trim() === '' ? {} : { detail: stderr.trim() }),
      }),
    });
  }

  async #agentPath(): Promise<string> {
    const { binaries, agentPath } = this.options;
    const platform = this.options.platform ?? process.platform;
    const arch = this.options.arch ?? process.arch;
    if (platform !== 'linux') {
      throw new ProblemError({
        code: 'unsupportedArchitecture',
        message: `BPF programs need Linux; this machine runs ${platform}.`,
        action: 'Add a Linux host with Sockmap: Add Host.',
      });
    }
    if (agentPath !== undefined && agentPath !== '') {
      await access(agentPath, constants.F_OK).catch((cause: unknown) => {
        throw Object.assign(agentMissing(agentPath), { cause });
      });
      await ensureExecutable(agentPath);
      return agentPath;
    }
    const known = ARCHITECTURES[arch];
    const binary = known === undefined ? undefined : await binaries.load(known);
    if (binary === undefined) {
      throw known === undefined
        ? new ProblemError({
            code: 'unsupportedArchitecture',
            message: `There is no agent for ${arch}.`,
            action: 'Use an x86-64 or arm64 host.',
          })
        : agentMissing(`${binaries.folder}/${known}/sockmap-agent`);
    }
    await ensureExecutable(binary.path);
    return binary.path;
  }

  async #start(command: string, args: readonly string[], path: string): Promise<ManagedProcess> {
    // C locale: sudo's complaints are told apart by their text.
    const env = { ...(this.options.env ?? process.env), LC_ALL: 'C' };
    try {
      return await ManagedProcess.start({ command, args, env });
    } catch (error) {
      if (error instanceof StartError && command === 'sudo') {
        throw new ProblemError(noSudo(WHERE), { cause: error });
      }
      const errno = error instanceof StartError ? error.errno : 'unknown';
      throw new ProblemError(
        {
          code: 'agentDamaged',
          message: `The agent ${path} cannot be started (${errno}).`,
          action: 'Install the extension again, or correct the setting sockmap.agentPath.',
        },
        { cause: error },
      );
    }
  }
}

export function exitText(exit: ProcessExit): string {
  return exit.signal === null ? `exit status ${String(exit.code)}` : exit.signal;
}

function explainStart(path: string, exit: ProcessExit, stderr: string, banner: string): ProblemError {
  const sudo = classifySudoFailure(WHERE, stderr);
  if (sudo !== undefined) {
    return new ProblemError(sudo);
  }
  const detail = `${banner}\n${stderr}`.trim();
  return new ProblemError({
    code: 'handshake',
    message: `${path} ended before it spoke (${exitText(exit)}); it is not a sockmap-agent or cannot run here.`,
    action: 'Install the extension again, or correct the setting sockmap.agentPath.',
    ...(detail === '' ? {} : { detail }),
  });
}
