// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { ProblemError } from '../core/problem';
import { DisposableStore } from '../core/util/disposable';
import { AGENT_PROTOCOL_VERSION } from '../protocol/agent';
import { HANDSHAKE_LIMIT_BYTES } from '../protocol/handshake';
import { cancelled, onAbort } from './abort';
import { type Clock, systemClock } from './clock';
import { PreambleParser } from './preamble';
import type { ManagedProcess, ProcessExit } from './process';

export function createNonce(): string {
  return randomBytes(16).toString('hex');
}

export interface HandshakeOptions {
  readonly nonce: string;
  /** For sentences. */
  readonly where: string;
  /** Without any of our lines for so long, the start has failed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /**
   * A line of the bootstrap script. What it returns is awaited beside the stream and ends the handshake
   * when it rejects; `stillAlive` restarts the timeout.
   */
  readonly onBoot?: (words: readonly string[], stillAlive: () => void) => Promise<void> | undefined;
  /** Explains an exit before the handshake. */
  readonly onExit: (exit: ProcessExit, stderr: string, banner: string) => ProblemError;
}

/** Resolves when the agent speaks; what followed its line is put back into stdout. The caller ends the process on failure. */
export function awaitHandshake(child: ManagedProcess, options: HandshakeOptions): Promise<void> {
  const { nonce, where, signal } = options;
  const clock = options.clock ?? systemClock;
  return new Promise<void>((resolve, reject) => {
    const parser = new PreambleParser(nonce);
    let settled = false;
    let timer = clock.after(options.timeoutMs, late);
    const listening = new DisposableStore();
    listening.add(
      onAbort(signal, () => {
        settle(cancelled(`Connecting to ${where}`));
      }),
    );

    function late(): void {
      settle(
        problem(
          'timeout',
          `The agent on ${where} did not start within ${String(options.timeoutMs / 1000)} s.`,
        ),
      );
    }
    function stillAlive(): void {
      if (!settled) {
        timer.dispose();
        timer = clock.after(options.timeoutMs, late);
      }
    }
    function problem(code: 'timeout' | 'handshake' | 'protocolMismatch', message: string): ProblemError {
      const detail = `${parser.banner}\n${child.stderr}`.trim();
      return new ProblemError({ code, message, ...(detail === '' ? {} : { detail }) });
    }
    function settle(error?: ProblemError): void {
      if (settled) {
        return;
      }
      settled = true;
      timer.dispose();
      listening.dispose();
      child.stdout.off('data', onData);
      if (error === undefined) {
        resolve();
      } else {
        reject(error);
      }
    }
    function onData(chunk: Buffer): void {
      for (const event of parser.push(chunk)) {
        switch (event.kind) {
          case 'boot':
            stillAlive();
            options.onBoot?.(event.words, stillAlive)?.catch((error: unknown) => {
              settle(
                error instanceof ProblemError
                  ? error
                  : new ProblemError({ code: 'internal', message: String(error) }, { cause: error }),
              );
            });
            break;
          case 'malformed':
            settle(
              problem(
                'protocolMismatch',
                `The agent on ${where} opened with a line that is not understood: ${event.line}`,
              ),
            );
            break;
          case 'overflow':
            settle(
              problem(
                'handshake',
                `${where} printed more than ${String(HANDSHAKE_LIMIT_BYTES / 1024)} KiB before the agent started; keep its shell start files quiet for non-interactive logins.`,
              ),
            );
            break;
          case 'agent':
            child.stdout.pause();
            if (event.version !== AGENT_PROTOCOL_VERSION) {
              settle(
                problem(
                  'protocolMismatch',
                  `The agent on ${where} speaks protocol ${String(event.version)}, this extension ${String(AGENT_PROTOCOL_VERSION)}.`,
                ),
              );
              return;
            }
            settle();
            if (event.rest.length > 0) {
              child.stdout.unshift(event.rest);
            }
            return;
        }
      }
    }
    child.stdout.on('data', onData);
    void child.exited.then(exit => {
      settle(options.onExit(exit, child.stderr, parser.banner));
    });
  });
}
