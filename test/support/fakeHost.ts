// SPDX-License-Identifier: Apache-2.0
import type { HostState } from '../../extension/core/hosts';
import { type Event, Emitter } from '../../extension/core/util/emitter';
import type { AgentClient, Host, HostRegistry, RequestOptions } from '../../extension/host/api';
import type { AgentMethod, AgentParams, AgentResult } from '../../extension/protocol/agent';

export const READY: HostState = {
  kind: 'ready',
  kernel: '6.18.0',
  arch: 'x86_64',
  hostname: 'h',
  canLoad: true,
  problems: [],
};

export type Answers = {
  [M in AgentMethod]?: (
    params: AgentParams[M],
    options: RequestOptions,
  ) => AgentResult<M> | Promise<AgentResult<M>>;
};

/** A host whose agent answers from a table and writes down what it was asked. */
export class FakeHost implements Host {
  readonly definition: Host['definition'];
  readonly asked: { readonly method: AgentMethod; readonly params: unknown }[] = [];
  readonly #changed = new Emitter<HostState>();
  readonly #client: AgentClient;
  #state: HostState = { kind: 'idle' };

  constructor(id: string, answers: Answers) {
    this.definition = { kind: 'ssh', id, label: id, destination: id };
    this.#client = {
      request: <M extends AgentMethod>(
        method: M,
        params: AgentParams[M],
        options: RequestOptions = {},
      ): Promise<AgentResult<M>> => {
        this.asked.push({ method, params });
        const answer = answers[method];
        return answer === undefined
          ? Promise.reject(new Error(`no answer to ${method}`))
          : Promise.resolve(answer(params, options));
      },
    };
  }

  get state(): HostState {
    return this.#state;
  }

  get client(): AgentClient | undefined {
    return this.#state.kind === 'ready' ? this.#client : undefined;
  }

  get onDidChangeState(): Event<HostState> {
    return this.#changed.event;
  }

  become(state: HostState): void {
    this.#state = state;
    this.#changed.fire(state);
  }

  count(method: AgentMethod): number {
    return this.asked.filter(request => request.method === method).length;
  }

  readonly connect: Host['connect'] = () => {
    this.become(READY);
    return Promise.resolve(this.#client);
  };

  disconnect(): Promise<void> {
    this.become({ kind: 'idle' });
    return Promise.resolve();
  }
}

export class FakeRegistry implements HostRegistry {
  readonly #changed = new Emitter<void>();
  hosts: readonly FakeHost[] = [];

  get onDidChangeHosts(): Event<void> {
    return this.#changed.event;
  }

  get(id: string): FakeHost | undefined {
    return this.hosts.find(host => host.definition.id === id);
  }

  update(): void {
    this.#changed.fire();
  }

  set(hosts: readonly FakeHost[]): void {
    this.hosts = hosts;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
