// SPDX-License-Identifier: Apache-2.0
import type { Writable } from 'node:stream';
import type { Problem } from '../core/hosts';
import type { Logger } from '../core/logger';
import { ProblemError } from '../core/problem';
import {
  checkDestination,
  classifySshFailure,
  sshArguments,
  sshCommandLine,
  sshProgram,
  type SshTarget,
} from '../core/ssh';
import { classifySudoFailure, noSudo } from '../core/sudo';
import { throwIfCancelled } from './abort';
import { AgentConnection } from './agentConnection';
import { AGENT_ARCHITECTURES, type AgentBinaries, type AgentBinary } from './agentBinary';
import { bootstrapCommand } from './bootstrap';
import type { Clock } from './clock';
import type { Connector, OpenOptions } from './connector';
import { awaitHandshake, createNonce } from './handshake';
import { exitText } from './local';
import { ManagedProcess, type ProcessExit, StartError } from './process';

export interface SshOptions {
  readonly target: SshTarget;
  readonly binaries: AgentBinaries;
  /** Of the extension; part of the agent's file name on the host. */
  readonly version: string;
  /** Default `ssh`, found in PATH. */
  readonly sshPath?: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly env?: NodeJS.ProcessEnv;
}

/** Longer than ConnectTimeout and a slow login together; restarted by every sign of life after that. */
const SILENCE_TIMEOUT_MS = 45_000;
const UPLOAD_CHUNK = 64 * 1024;
/** ssh's own failures, see ssh(1) EXIT STATUS. */
const SSH_FAILED = 255;

/** One ssh connection: delivers the agent when the host has not got it, starts it, and then carries JSON-RPC. */
export class SshConnector implements Connector {
  constructor(readonly options: SshOptions) {}

  async open({ signal, onStage }: OpenOptions): Promise<AgentConnection> {
    const { target, binaries, logger, clock } = this.options;
    const where = target.destination;
    const bad = checkDestination(target);
    if (bad !== undefined) {
      throw new ProblemError(bad);
    }
    const [x86_64, aarch64] = await Promise.all(AGENT_ARCHITECTURES.map(arch => binaries.load(arch)));
    if (x86_64 === undefined && aarch64 === undefined) {
      throw new ProblemError({
        code: 'agentMissing',
        message: `There are no agents in ${binaries.folder}.`,
        action: 'Install the extension again.',
      });
    }
    const nonce = createNonce();
    const describe = (agent: AgentBinary | undefined) =>
      agent && { sha256: agent.sha256, size: agent.bytes.length };
    const command = bootstrapCommand(nonce, this.options.version, {
      x86_64: describe(x86_64),
      aarch64: describe(aarch64),
    });
    throwIfCancelled(signal, `Connecting to ${where}`);
    onStage(`Connecting to ${where}`);
    const child = await startSsh(this.options, command);
    let told = 0;
    try {
      await awaitHandshake(child, {
        nonce,
        where,
        timeoutMs: SILENCE_TIMEOUT_MS,
        signal,
        clock,
        onBoot: (words, stillAlive) => {
          const [verb = '', first = '', second = ''] = words;
          switch (verb) {
            case 'need': {
              const agent = first === 'aarch64' ? aarch64 : x86_64;
              logger.info(`${where}: delivering the agent for ${first}`);
              return (
                agent &&
                upload(child.stdin, agent.bytes, done => {
                  stillAlive();
                  const percent = Math.floor(done * 10) * 10;
                  if (percent > told) {
                    told = percent;
                    onStage(`Delivering the agent (${String(percent)} %)`);
                  }
                })
              );
            }
            case 'start':
              onStage('Starting the agent');
              return undefined;
            default:
              return Promise.reject(
                new ProblemError(withDetail(refusal(where, verb, first, second), child.stderr)),
              );
          }
        },
        onExit: (exit, stderr, banner) => new ProblemError(explainStart(target, exit, stderr, banner)),
      });
    } catch (error) {
      await child.end(500);
      throw error;
    }
    return new AgentConnection(child, {
      where,
      logger,
      clock,
      explainExit: (exit, stderr) => explainEnd(where, exit, stderr),
    });
  }
}

export interface StartSshOptions {
  readonly target: SshTarget;
  readonly sshPath?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Starts ssh for one command; `sshMissing` when there is none. */
export async function startSsh(options: StartSshOptions, command: string): Promise<ManagedProcess> {
  const { target, env, signal } = options;
  const sshPath = sshProgram(options.sshPath);
  try {
    return await ManagedProcess.start({
      command: sshPath,
      args: sshArguments(target, command),
      ...(env === undefined ? {} : { env }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    const errno = error instanceof StartError ? error.errno : 'unknown';
    throw new ProblemError(
      {
        code: 'sshMissing',
        message: `The program ${sshPath} cannot be started (${errno}).`,
        action: 'Install the OpenSSH client and make sure that it is in PATH.',
      },
      { cause: error },
    );
  }
}

/** Writes no faster than the link takes. A broken pipe is not reported here: the exit status tells why. */
async function upload(stdin: Writable, bytes: Buffer, onDone: (fraction: number) => void): Promise<void> {
  for (let offset = 0; offset < bytes.length && stdin.writable; offset += UPLOAD_CHUNK) {
    const chunk = bytes.subarray(offset, offset + UPLOAD_CHUNK);
    const ok = await new Promise<boolean>(resolve => {
      stdin.write(chunk, error => {
        resolve(error === undefined || error === null);
      });
    });
    if (!ok) {
      return;
    }
    onDone(Math.min(1, (offset + chunk.length) / bytes.length));
  }
}

function withDetail(problem: Problem, stderr: string): Problem {
  const detail = stderr.trim();
  return detail === '' ? problem : { ...problem, detail };
}

/** What the bootstrap script gave up for. */
function refusal(where: string, verb: string, first: string, second: string): Problem {
  switch (verb) {
    case 'arch':
      return {
        code: 'unsupportedArchitecture',
        message: `${where} runs ${first} on ${second}; there is an agent for Linux on x86_64 and aarch64 only.`,
        action: 'Use a Linux host with one of these processors.',
      };
    case 'nosum':
      return {
        code: 'delivery',
        message: `${where} has no sha256sum, so the agent there cannot be checked.`,
        action: 'Install coreutils or busybox on the host.',
      };
    case 'home':
      return {
        code: 'delivery',
        message: `The folder ${first} on ${where} cannot be written.`,
        action: 'Give the user a home folder that it may write to.',
      };
    case 'space':
      return {
        code: 'delivery',
        message: `The disk of ${first} on ${where} is full: ${second} KiB are free, and the agent does not fit.`,
        action: 'Make room there and connect again.',
      };
    case 'broken':
      return {
        code: 'delivery',
        message: `The agent did not arrive whole in ${first} on ${where}.`,
        action: 'Connect again.',
      };
    case 'nosudo':
      return noSudo(where);
    default:
      return {
        code: 'handshake',
        message: `The start script on ${where} said something that is not understood.`,
      };
  }
}

/** ssh or the script ended before the agent spoke. */
function explainStart(target: SshTarget, exit: ProcessExit, stderr: string, banner: string): Problem {
  if (exit.code === SSH_FAILED) {
    return classifySshFailure(target, stderr);
  }
  const sudo = classifySudoFailure(target.destination, stderr);
  if (sudo !== undefined) {
    return sudo;
  }
  return withDetail(
    {
      code: 'handshake',
      message: `${target.destination} did not start the agent (${exitText(exit)}).`,
      action: `See what the host answers to: ${sshCommandLine(target)} exec sh -c true`,
    },
    `${banner}\n${stderr}`,
  );
}

function explainEnd(where: string, exit: ProcessExit, stderr: string): Problem {
  const message =
    exit.code === SSH_FAILED
      ? `The connection to ${where} was cut.`
      : `The agent on ${where} ended unexpectedly (${exitText(exit)}).`;
  return withDetail({ code: 'connectionLost', message }, stderr);
}
