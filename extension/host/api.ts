// SPDX-License-Identifier: Apache-2.0
/** What the ui sees of hosts; implemented in this folder, faked in unit tests. */
import type { ClangDiagnostic } from '../core/clangDiagnostics';
import type { HostDefinition, HostState } from '../core/hosts';
import type { Disposable } from '../core/util/disposable';
import type { Event } from '../core/util/emitter';
import type { AgentErrorData, AgentMethod, AgentParams, AgentResult } from '../protocol/agent';

export interface RequestOptions {
  /**
   * Aborting sends `$/cancelRequest` and rejects with a ProblemError `cancelled`; a capture resolves with what there is.
   */
  readonly signal?: AbortSignal;
  /** Stages of a long request (attach, capture, detach, verify). */
  readonly onProgress?: (message: string) => void;
  /** What a capture writes, in order; all of it comes before the result. */
  readonly onData?: (bytes: Uint8Array) => void;
  /** Default 30 s; attach, detach and verify get more, and a capture goes on until it is aborted. */
  readonly timeoutMs?: number;
  /** The request was given up (a timeout, an abort without answer), and its result came after all: it was carried out. */
  readonly onLate?: () => void;
}

/** Requests to one running agent. Every result was checked against its schema. */
export interface AgentClient {
  request<M extends AgentMethod>(
    method: M,
    params: AgentParams[M],
    options?: RequestOptions,
  ): Promise<AgentResult<M>>;
}

/** An error that the agent replied with. `message` is one clear sentence. */
export class AgentError extends Error {
  constructor(
    message: string,
    readonly code: number,
    readonly data: AgentErrorData | undefined,
  ) {
    super(message);
    this.name = 'AgentError';
  }
}

export interface Host {
  readonly definition: HostDefinition;
  readonly state: HostState;
  readonly onDidChangeState: Event<HostState>;
  /** Connects when needed (joining a connection under way) and resolves with the client, or rejects with a ProblemError. */
  connect(signal?: AbortSignal): Promise<AgentClient>;
  /** The client when ready. */
  readonly client: AgentClient | undefined;
  /** Ends the agent and the connection; the datapath stays attached. */
  disconnect(): Promise<void>;
}

export interface HostRegistry extends Disposable {
  readonly hosts: readonly Host[];
  readonly onDidChangeHosts: Event<void>;
  get(id: string): Host | undefined;
  /** Makes the hosts those that are defined; connections of hosts that stay are kept. */
  update(definitions: readonly HostDefinition[]): void;
}

export type { ClangDiagnostic };

export interface BuildRequest {
  /** Absolute path of the `.bpf.c` source. */
  readonly source: string;
  /** Where the object goes, absolute. */
  readonly output: string;
  readonly clang: string;
  readonly flags: readonly string[];
  readonly includeDirs: readonly string[];
}

export interface BuildResult {
  readonly ok: boolean;
  readonly object: string;
  readonly diagnostics: readonly ClangDiagnostic[];
  /** clang's stderr. */
  readonly output: string;
  readonly durationMs: number;
  /** Label of the host on which clang ran when this machine has none. */
  readonly builtOn?: string;
}

export interface Builder {
  /** Rejects with a ProblemError (`clangMissing`, `cancelled`); a source that does not compile is a result. */
  build(request: BuildRequest, signal?: AbortSignal): Promise<BuildResult>;
}
