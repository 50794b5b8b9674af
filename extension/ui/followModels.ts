// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../core/logger';
import { type Disposable, DisposableStore } from '../core/util/disposable';
import type { ContextKeys } from './contextKeys';
import type { VerifierLogs } from './documents/verifierLogs';
import type { HostModel } from './model/hostModel';
import type { HostModels } from './model/hostModels';
import type { StateStore } from './state';

/** Keeps the context keys of when-clauses in step with hosts, attachments and logs. */
export function followContext(
  keys: ContextKeys,
  models: HostModels,
  logs: VerifierLogs,
  state: StateStore,
): Disposable {
  const store = new DisposableStore();
  const update = () => {
    const { all, ready } = models;
    keys.set('hasHosts', all.length > 0);
    keys.set(
      'hasSshHosts',
      all.some(({ host }) => host.definition.kind === 'ssh'),
    );
    keys.set('hasIdleHost', ready.length < all.length);
    keys.set('hasReadyHost', ready.length > 0);
    keys.set('hasAttachment', models.attachments.length > 0);
    keys.set('hasVerifierLog', logs.all.length > 0);
    keys.set('hasSocketFilter', state.value.socketFilter !== undefined);
  };
  store.add(models.onDidChange(update));
  store.add(logs.onDidAdd(update));
  store.add(state.onDidChange(update));
  update();
  keys.set('active', true);
  return store;
}

/** Hosts that were connected before the window was reloaded are connected again at the first look. */
export function reconnectOnLook(
  models: HostModels,
  state: StateStore,
  log: Logger,
): { readonly look: () => void } {
  const tried = new Set<HostModel>();
  return {
    look() {
      for (const model of models.all) {
        const { definition } = model.host;
        if (
          !tried.has(model) &&
          model.host.state.kind === 'idle' &&
          state.value.connectedHosts.includes(definition.id)
        ) {
          tried.add(model);
          connectQuietly(model, log);
        }
      }
    },
  };
}

/** What goes wrong shows in the host's state, nothing pops up. */
export function connectQuietly(model: HostModel, log: Logger): void {
  model.host.connect().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    log.warn(`${model.host.definition.label}: ${message}`);
  });
}
