// SPDX-License-Identifier: Apache-2.0
import { backoffDelay } from '../core/backoff';
import type { HostDefinition, HostState, Problem, ProblemCode } from '../core/hosts';
import type { Logger } from '../core/logger';
import { ProblemError } from '../core/problem';
import type { Disposable } from '../core/util/disposable';
import { Emitter } from '../core/util/emitter';
import { AGENT_PROTOCOL_VERSION } from '../protocol/agent';
import { asProblem, cancelled, onAbort, throwIfCancelled } from './abort';
import type { AgentConnection } from './agentConnection';
import { type AgentClient, AgentError, type Host } from './api';
import type { Clock } from './clock';
import type { Connector } from './connector';

/** Trying again cannot mend these; everything else may be the network, a reboot or a full disk. */
const LASTING: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'unknownHostKey',
  'changedHostKey',
  'loginRefused',
  'sshMissing',
  'badHost',
  'unsupportedArchitecture',
  'agentMissing',
  'agentDamaged',
  'notPermitted',
  'sudoNeedsPassword',
  'protocolMismatch',
  'internal',
]);

/** A connection that held for so long was a good one: the next loss starts again with a short delay. */
const STABLE_MS = 30_000;

export interface ManagedHostOptions {
  readonly definition: HostDefinition;
  readonly connector: Connector;
  /** `sockmap/0.1.0`, told to the agent. */
  readonly client: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Attempt {
  readonly result: Promise<AgentClient>;
  readonly controller: AbortController;
  waiters: number;
}

/** A host with its state machine: `idle -> connecting -> ready -> retrying -> ...`, see {@link HostState}. */
export class ManagedHost implements Host {
  readonly definition: HostDefinition;
  readonly #options: ManagedHostOptions;
  readonly #changed = new Emitter<HostState>();
  #state: HostState = { kind: 'idle' };
  #attempt: Attempt | undefined;
  #connection: AgentConnection | undefined;
  #connectedAt = 0;
  #losses = 0;
  #retryTimer: Disposable | undefined;
  #ending: Promise<void> = Promise.resolve();
  #disposed = false;

  readonly onDidChangeState = this.#changed.event;

  constructor(options: ManagedHostOptions) {
    this.#options = options;
    this.definition = options.definition;
  }

  get state(): HostState {
    return this.#state;
  }

  get client(): AgentClient | undefined {
    return this.#connection;
  }

  connect(signal?: AbortSignal): Promise<AgentClient> {
    if (signal?.aborted === true || this.#disposed) {
      return Promise.reject(cancelled(`Connecting to ${this.definition.label}`));
    }
    if (this.#connection !== undefined) {
      return Promise.resolve(this.#connection);
    }
    const attempt = this.#attempt ?? this.#startAttempt();
    return this.#join(attempt, signal);
  }

  async disconnect(): Promise<void> {
    this.#stopRetrying();
    this.#losses = 0;
    if (this.#attempt !== undefined) {
      this.#abandon(this.#attempt);
    }
    const connection = this.#connection;
    this.#connection = undefined;
    this.#setState({ kind: 'idle' });
    if (connection !== undefined) {
      this.#ending = connection.close();
    }
    await this.#ending;
  }

  /** Ends everything; the promise says when the processes are gone. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.disconnect();
    this.#changed.dispose();
  }

  /** One caller's part in an attempt: its abort leaves the others waiting. */
  #join(attempt: Attempt, signal: AbortSignal | undefined): Promise<AgentClient> {
    attempt.waiters += 1;
    return new Promise((resolve, reject) => {
      const leave = onAbort(signal, () => {
        attempt.waiters -= 1;
        if (attempt.waiters === 0) {
          this.#abandon(attempt);
        }
        reject(cancelled(`Connecting to ${this.definition.label}`));
      });
      attempt.result.then(
        client => {
          leave.dispose();
          resolve(client);
        },
        (error: unknown) => {
          leave.dispose();
          reject(asProblem(error));
        },
      );
    });
  }

  /** Ends an attempt that nobody waits for. A later one waits until its process is gone. */
  #abandon(attempt: Attempt): void {
    attempt.controller.abort();
    if (this.#attempt === attempt) {
      this.#attempt = undefined;
      this.#losses = 0;
      this.#ending = attempt.result.then(
        () => undefined,
        () => undefined,
      );
      this.#setState({ kind: 'idle' });
    }
  }

  #startAttempt(): Attempt {
    this.#stopRetrying();
    const controller = new AbortController();
    // The process of an earlier connection is gone before the next one starts.
    const result = this.#ending.then(() => this.#open(controller.signal));
    const attempt: Attempt = { result, controller, waiters: 0 };
    this.#attempt = attempt;
    this.#setState({ kind: 'connecting', stage: `Connecting to ${this.definition.label}` });
    result.then(
      () => {
        if (this.#attempt === attempt) {
          this.#attempt = undefined;
        }
      },
      (error: unknown) => {
        this.#failed(attempt, asProblem(error).problem);
      },
    );
    return attempt;
  }

  async #open(signal: AbortSignal): Promise<AgentClient> {
    const { connector, clock, client, logger } = this.#options;
    const started = clock.now();
    const onStage = (stage: string) => {
      if (!signal.aborted) {
        this.#setState({ kind: 'connecting', stage });
      }
    };
    const what = `Connecting to ${this.definition.label}`;
    throwIfCancelled(signal, what);
    const connection = await connector.open({ signal, onStage });
    try {
      const info = await connection
        .request('initialize', { client, protocol: AGENT_PROTOCOL_VERSION }, { signal })
        .catch((error: unknown) => {
          throw initializeProblem(this.definition.label, error);
        });
      throwIfCancelled(signal, what);
      if (connection.ended !== undefined) {
        throw new ProblemError(connection.ended);
      }
      this.#connection = connection;
      this.#connectedAt = clock.now();
      connection.onDidLose(problem => {
        this.#onLost(connection, problem);
      });
      const { kernel, arch, hostname, canLoad, problems } = info;
      logger.info(
        `${this.definition.label}: ready, agent ${info.agentVersion}, kernel ${kernel} ${arch}, ` +
          `${String(Math.round(clock.now() - started))} ms`,
      );
      this.#setState({ kind: 'ready', kernel, arch, hostname, canLoad, problems });
      return connection;
    } catch (error) {
      await connection.close(500);
      throw error;
    }
  }

  #failed(attempt: Attempt, problem: Problem): void {
    // Otherwise disconnect() or a newer attempt has the say.
    if (this.#attempt !== attempt) {
      return;
    }
    this.#attempt = undefined;
    this.#options.logger.warn(
      `${this.definition.label}: ${problem.message}${problem.detail === undefined ? '' : `\n${problem.detail}`}`,
    );
    if (this.#losses > 0 && !LASTING.has(problem.code)) {
      this.#retryLater(problem);
    } else {
      this.#losses = 0;
      this.#setState({ kind: 'failed', problem });
    }
  }

  #onLost(connection: AgentConnection, problem: Problem): void {
    if (this.#connection !== connection) {
      return;
    }
    this.#connection = undefined;
    this.#ending = connection.close();
    this.#options.logger.warn(`${this.definition.label}: ${problem.message}`);
    if (this.#options.clock.now() - this.#connectedAt >= STABLE_MS) {
      this.#losses = 0;
    }
    this.#retryLater(problem);
  }

  #retryLater(problem: Problem): void {
    const { clock } = this.#options;
    this.#losses += 1;
    const attempt = this.#losses;
    const delayMs = backoffDelay(attempt, clock.random());
    this.#retryTimer = clock.after(delayMs, () => {
      this.#retryTimer = undefined;
      // The host itself waits for this one: callers may come and go. The result is seen by #failed.
      this.#startAttempt().waiters = 1;
    });
    this.#setState({ kind: 'retrying', attempt, delayMs, problem });
  }

  #stopRetrying(): void {
    this.#retryTimer?.dispose();
    this.#retryTimer = undefined;
  }

  #setState(state: HostState): void {
    if (this.#state.kind === 'idle' && state.kind === 'idle') {
      return;
    }
    this.#state = state;
    this.#changed.fire(state);
  }
}

function initializeProblem(label: string, error: unknown): ProblemError {
  if (error instanceof AgentError) {
    return new ProblemError(
      {
        code: error.data?.kind === 'protocol' ? 'protocolMismatch' : 'handshake',
        message: `The agent on ${label} refused to start: ${error.message}`,
        ...(error.data?.action === undefined ? {} : { action: error.data.action }),
      },
      { cause: error },
    );
  }
  return asProblem(error);
}
