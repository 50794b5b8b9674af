// SPDX-License-Identifier: Apache-2.0
import type { AgentConnection } from './agentConnection';

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** e.g. `Delivering the agent (40 %)` */
  readonly onStage: (stage: string) => void;
}

/** One way to a running agent. Rejects with a ProblemError and leaves no process behind. */
export interface Connector {
  open(options: OpenOptions): Promise<AgentConnection>;
}
