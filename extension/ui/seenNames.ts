// SPDX-License-Identifier: Apache-2.0
import type { Disposable } from '../core/util/disposable';
import type { HostModel } from './model/hostModel';
import type { HostModels } from './model/hostModels';

/** Names of hosts and of what is on them that came up in this session: the log still has those that are gone. */
export class SeenNames implements Disposable {
  /** Host id -> destination, label and whatever else names it. */
  readonly hosts = new Map<string, Set<string>>();
  readonly attachments = new Set<string>();
  readonly cgroups = new Set<string>();
  readonly #subscription: Disposable;

  constructor(models: HostModels) {
    this.#subscription = models.onDidChange(model => {
      for (const one of model === undefined ? models.all : [model]) {
        this.#note(one);
      }
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #note({ host, snapshot }: HostModel): void {
    const { definition, state } = host;
    const names = this.hosts.get(definition.id) ?? new Set();
    this.hosts.set(definition.id, names);
    if (definition.kind === 'ssh') {
      names.add(definition.id).add(definition.destination).add(definition.label);
      if (definition.configFile !== undefined) {
        names.add(definition.configFile);
      }
    }
    if (state.kind === 'ready') {
      names.add(state.hostname);
    }
    for (const { name, cgroup } of snapshot.attachments) {
      this.attachments.add(name);
      if (cgroup.path !== null) {
        this.cgroups.add(cgroup.path);
      }
    }
  }
}
