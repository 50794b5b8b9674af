// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../../core/logger';
import type { Clock } from '../../core/util/clock';
import { type Disposable, DisposableStore, toDisposable } from '../../core/util/disposable';
import { Emitter, type Event } from '../../core/util/emitter';
import type { Host, HostRegistry } from '../../host/api';
import type { Attachment } from '../../protocol/agent';
import { type Facet, HostModel, type RoundWork } from './hostModel';

export interface AttachmentRef {
  readonly model: HostModel;
  readonly attachment: Attachment;
}

/** One {@link HostModel} per host of the registry. */
export class HostModels implements Disposable {
  readonly registry: HostRegistry;
  readonly #options: { readonly clock: Clock; readonly logger: Logger };
  readonly #store = new DisposableStore();
  /** The host that changed, or undefined: the list did. */
  readonly #changed = this.#store.add(new Emitter<HostModel | undefined>());
  readonly #models = new Map<Host, { readonly model: HostModel; readonly store: DisposableStore }>();
  readonly #demands = new Map<
    object,
    {
      facets: readonly Facet[];
      work: ((model: HostModel) => RoundWork) | undefined;
      ends: Map<HostModel, Disposable>;
    }
  >();
  #intervalMs = 0;

  constructor(registry: HostRegistry, options: { readonly clock: Clock; readonly logger: Logger }) {
    this.registry = registry;
    this.#options = options;
    this.#store.add(registry.onDidChangeHosts(() => this.#sync()));
    this.#sync();
  }

  get onDidChange(): Event<HostModel | undefined> {
    return this.#changed.event;
  }

  get all(): readonly HostModel[] {
    return this.registry.hosts.flatMap(host => this.#models.get(host)?.model ?? []);
  }

  get ready(): readonly HostModel[] {
    return this.all.filter(model => model.host.state.kind === 'ready');
  }

  get(hostId: string): HostModel | undefined {
    const host = this.registry.get(hostId);
    return host === undefined ? undefined : this.#models.get(host)?.model;
  }

  get attachments(): readonly AttachmentRef[] {
    return this.ready.flatMap(model => model.snapshot.attachments.map(attachment => ({ model, attachment })));
  }

  setInterval(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    for (const model of this.all) {
      model.setInterval(intervalMs);
    }
  }

  /** Looks at every host, also at those that come later, until disposed. */
  demand(facets: readonly Facet[], work?: (model: HostModel) => RoundWork): Disposable {
    const key = {};
    const entry = { facets, work, ends: new Map<HostModel, Disposable>() };
    this.#demands.set(key, entry);
    for (const model of this.all) {
      entry.ends.set(model, model.demand(facets, work?.(model)));
    }
    return toDisposable(() => {
      this.#demands.delete(key);
      for (const end of entry.ends.values()) {
        end.dispose();
      }
    });
  }

  request(): void {
    for (const model of this.ready) {
      model.request();
    }
  }

  async refresh(): Promise<void> {
    await Promise.all(this.ready.map(model => model.refresh()));
  }

  dispose(): void {
    this.#store.dispose();
    for (const { store } of this.#models.values()) {
      store.dispose();
    }
    this.#models.clear();
  }

  #sync(): void {
    for (const [host, { model, store }] of this.#models) {
      if (!this.registry.hosts.includes(host)) {
        this.#models.delete(host);
        for (const demand of this.#demands.values()) {
          demand.ends.delete(model);
        }
        store.dispose();
      }
    }
    for (const host of this.registry.hosts) {
      if (!this.#models.has(host)) {
        this.#add(host);
      }
    }
    this.#changed.fire(undefined);
  }

  #add(host: Host): void {
    const store = new DisposableStore();
    const model = store.add(new HostModel(host, this.#options));
    model.setInterval(this.#intervalMs);
    store.add(model.onDidChange(() => this.#changed.fire(model)));
    this.#models.set(host, { model, store });
    for (const demand of this.#demands.values()) {
      demand.ends.set(model, model.demand(demand.facets, demand.work?.(model)));
    }
  }
}
