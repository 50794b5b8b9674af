// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { Problem } from '../core/hosts';
import type { Logger } from '../core/logger';
import { ProblemError } from '../core/problem';
import { DisposableStore, toDisposable } from '../core/util/disposable';
import { Emitter } from '../core/util/emitter';
import {
  AGENT_ERROR_CODES,
  type AgentMethod,
  type AgentParams,
  type AgentResult,
  agentErrorData,
  agentResults,
  dataParams,
  progressParams,
} from '../protocol/agent';
import { cancelled, onAbort } from './abort';
import { type AgentClient, AgentError, type RequestOptions } from './api';
import { type Clock, systemClock } from './clock';
import type { ManagedProcess, ProcessExit } from './process';

export interface AgentConnectionOptions {
  /** For sentences and the log. */
  readonly where: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** How long a cancelled request may take to undo its work, or keep silent, before it is given up. */
  readonly cancelGraceMs?: number;
  /** Explains the end of the process when it was not asked for. */
  readonly explainExit?: (exit: ProcessExit, stderr: string) => Problem;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const TIMEOUTS_MS: Partial<Record<AgentMethod, number>> = {
  verify: 120_000,
  attach: 120_000,
  capture: Infinity,
};
/** The agent's own drain timeout when none is given, and the slack for what comes after it. */
const DEFAULT_DRAIN_MS = 60_000;
const DETACH_SLACK_MS = 30_000;
const CANCEL_GRACE_MS = 5_000;

interface Pending {
  readonly fail: (error: Error) => void;
}

/** Whom a progress token is of. */
interface Listener {
  readonly onProgress: ((message: string) => void) | undefined;
  /** Base64; undefined: something that nobody understands. */
  readonly onData: ((data: string | undefined) => void) | undefined;
}

/** JSON-RPC with one agent process, from its handshake to its end. */
export class AgentConnection implements AgentClient {
  readonly #child: ManagedProcess;
  readonly #options: AgentConnectionOptions;
  readonly #clock: Clock;
  readonly #rpc: MessageConnection;
  readonly #store = new DisposableStore();
  readonly #pending = new Set<Pending>();
  readonly #listeners = new Map<number, Listener>();
  readonly #lost = new Emitter<Problem>();
  #nextToken = 1;
  #closed: Problem | undefined;
  #closing: Promise<void> | undefined;

  /** Fires once when the connection ends without {@link close}. */
  readonly onDidLose = this.#lost.event;

  constructor(child: ManagedProcess, options: AgentConnectionOptions) {
    this.#child = child;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { logger, where } = options;
    const rpc = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
      {
        error: message => logger.error(`${where}: ${message}`),
        warn: message => logger.warn(`${where}: ${message}`),
        info: message => logger.info(`${where}: ${message}`),
        log: message => logger.debug(`${where}: ${message}`),
      },
    );
    this.#rpc = rpc;
    this.#store.add(toDisposable(() => rpc.dispose()));
    this.#store.add(
      rpc.onNotification('$/progress', (params: unknown) => {
        const parsed = v.safeParse(progressParams, params);
        if (parsed.success) {
          this.#listeners.get(parsed.output.token)?.onProgress?.(parsed.output.value.message);
        }
      }),
    );
    this.#store.add(
      rpc.onNotification('$/data', (params: unknown) => {
        const parsed = v.safeParse(dataParams, params);
        if (parsed.success) {
          this.#listeners.get(parsed.output.token)?.onData?.(parsed.output.data);
        } else {
          // Whosever it is would miss it.
          this.#listeners.forEach(({ onData }) => onData?.(undefined));
        }
      }),
    );
    this.#store.add(
      rpc.onError(([error]) => {
        this.#lose({ detail: error.message });
      }),
    );
    this.#store.add(
      rpc.onClose(() => {
        // The exit status, which follows, says more; but do not wait for it for ever.
        this.#clock.after(1_000, () => this.#lose({}));
      }),
    );
    void child.exited.then(exit => {
      this.#lose({ exit });
    });
    rpc.listen();
    // The handshake paused it, so that nothing was lost in between.
    child.stdout.resume();
  }

  /** Why it is no longer usable. */
  get ended(): Problem | undefined {
    return this.#closed;
  }

  request<M extends AgentMethod>(
    method: M,
    params: AgentParams[M],
    options: RequestOptions = {},
  ): Promise<AgentResult<M>> {
    const { signal } = options;
    if (this.#closed !== undefined) {
      return Promise.reject(new ProblemError(this.#closed));
    }
    if (signal?.aborted === true) {
      return Promise.reject(cancelled(`The request ${method}`));
    }
    const timeoutMs = options.timeoutMs ?? defaultTimeout(method, params);
    const scope = new DisposableStore();
    const started = this.#clock.now();
    const result = new Promise<AgentResult<M>>((resolve, reject) => {
      const pending: Pending = { fail: reject };
      this.#pending.add(pending);
      scope.add(toDisposable(() => this.#pending.delete(pending)));
      const tokens = new CancellationTokenSource();
      scope.add(tokens);
      let givenUp = false;
      const giveUp = (error: Error) => {
        givenUp = true;
        tokens.cancel();
        reject(error);
      };
      if (Number.isFinite(timeoutMs)) {
        scope.add(this.#clock.after(timeoutMs, () => giveUp(this.#tooLate(method, timeoutMs))));
      }
      let grace = toDisposable(() => undefined);
      scope.add(toDisposable(() => grace.dispose()));
      const waitForEnd = () => {
        grace.dispose();
        grace = this.#clock.after(this.#options.cancelGraceMs ?? CANCEL_GRACE_MS, () =>
          giveUp(cancelled(`The request ${method}`)),
        );
      };
      scope.add(
        onAbort(signal, () => {
          tokens.cancel();
          waitForEnd();
        }),
      );
      const onBytes = (bytes: Uint8Array) => {
        if (signal?.aborted === true) {
          // What was on its way at the abort may be much for a slow network.
          waitForEnd();
        }
        options.onData?.(bytes);
      };
      const token = this.#listen(options, scope, onBytes, () => giveUp(this.#undecodable(method)));
      const sent = token === undefined ? params : { ...params, progressToken: token };
      this.#rpc.sendRequest<unknown>(method, sent, tokens.token).then(
        value => {
          const parsed = v.safeParse<(typeof agentResults)[M]>(agentResults[method], value);
          if (parsed.success && givenUp) {
            options.onLate?.();
          } else if (parsed.success) {
            resolve(parsed.output);
          } else {
            reject(this.#misunderstood(method, parsed.issues[0]));
          }
        },
        (error: unknown) => reject(this.#explain(method, error)),
      );
    });
    return result.finally(() => {
      scope.dispose();
      const took = Math.round(this.#clock.now() - started);
      this.#options.logger.trace(`${this.#options.where}: ${method} ${String(took)} ms`);
    });
  }

  /** The token under which the agent reports to a request, when somebody wants to hear it. */
  #listen(
    { onProgress, onData }: RequestOptions,
    scope: DisposableStore,
    onBytes: (bytes: Uint8Array) => void,
    onDamage: () => void,
  ): number | undefined {
    if (onProgress === undefined && onData === undefined) {
      return undefined;
    }
    const token = this.#nextToken++;
    const take = (data: string | undefined) => {
      const bytes = data === undefined ? undefined : decodeBase64(data);
      if (bytes === undefined) {
        onDamage();
      } else {
        onBytes(bytes);
      }
    };
    this.#listeners.set(token, { onProgress, onData: onData === undefined ? undefined : take });
    scope.add(toDisposable(() => this.#listeners.delete(token)));
    return token;
  }

  /** Ends the agent: by closing its stdin, then SIGTERM, then SIGKILL. What it attached stays. */
  close(graceMs?: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number | undefined): Promise<void> {
    this.#shut({ code: 'connectionLost', message: `The connection to ${this.#options.where} was ended.` });
    await this.#child.end(graceMs);
  }

  #lose(end: { exit?: ProcessExit; detail?: string }): void {
    if (this.#closed !== undefined) {
      return;
    }
    const stderr = this.#child.stderr;
    const { explainExit } = this.#options;
    const detail = end.detail ?? stderr.trim();
    const problem: Problem =
      end.exit !== undefined && explainExit !== undefined
        ? explainExit(end.exit, stderr)
        : this.#lostProblem(detail);
    this.#shut(problem);
    this.#closing = this.#child.end().then(() => undefined);
    this.#lost.fire(problem);
    this.#lost.dispose();
  }

  #lostProblem(detail: string): Problem {
    const message = `The connection to ${this.#options.where} was lost.`;
    return { code: 'connectionLost', message, ...(detail === '' ? {} : { detail }) };
  }

  /** No request outlives this. */
  #shut(problem: Problem): void {
    if (this.#closed !== undefined) {
      return;
    }
    this.#closed = problem;
    for (const pending of [...this.#pending]) {
      pending.fail(new ProblemError(problem));
    }
    this.#store.dispose();
  }

  #tooLate(method: string, timeoutMs: number): ProblemError {
    return new ProblemError({
      code: 'timeout',
      message: `${this.#options.where} did not answer ${method} within ${String(timeoutMs / 1000)} s.`,
      action: 'Try again; disconnect and connect again if it stays so.',
    });
  }

  #misunderstood(method: string, issue: v.BaseIssue<unknown>): ProblemError {
    const path = v.getDotPath(issue);
    const place = path === null ? '' : ` at ${path}`;
    return mismatch(
      `The answer of ${this.#options.where} to ${method} is not understood${place}: ${issue.message}.`,
    );
  }

  #undecodable(method: string): ProblemError {
    return mismatch(`The data that ${this.#options.where} sends for ${method} is damaged.`);
  }

  #explain(method: string, error: unknown): Error {
    if (this.#closed !== undefined) {
      return new ProblemError(this.#closed, { cause: error });
    }
    if (!(error instanceof ResponseError)) {
      // Writing failed: the end of the process is about to be seen.
      const detail = error instanceof Error ? error.message : String(error);
      this.#lose({ detail });
      return new ProblemError(this.#lostProblem(detail), { cause: error });
    }
    if (error.code === AGENT_ERROR_CODES.cancelled) {
      return cancelled(`The request ${method}`);
    }
    const data = v.safeParse(agentErrorData, error.data);
    return new AgentError(error.message, error.code, data.success ? data.output : undefined);
  }
}

function mismatch(message: string): ProblemError {
  return new ProblemError({
    code: 'protocolMismatch',
    message,
    action: 'Report this with Sockmap: Copy Diagnostics.',
  });
}

/** undefined: it is none. The decoder itself leaves out what it does not know. */
function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text.length % 4 === 0 && bytes.length === Buffer.byteLength(text, 'base64') ? bytes : undefined;
}

function defaultTimeout<M extends AgentMethod>(method: M, params: AgentParams[M]): number {
  if (method === 'detach') {
    const drain = 'drainTimeoutMs' in params ? params.drainTimeoutMs : undefined;
    return (drain ?? DEFAULT_DRAIN_MS) + DETACH_SLACK_MS;
  }
  return TIMEOUTS_MS[method] ?? DEFAULT_TIMEOUT_MS;
}
