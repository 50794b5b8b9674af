// SPDX-License-Identifier: Apache-2.0
import type { HostState } from '../core/hosts';
import type { Logger } from '../core/logger';
import { type Disposable, DisposableStore } from '../core/util/disposable';
import type { ContextKeys } from './contextKeys';
import type { VerifierLogs } from './documents/verifierLogs';
import type { HostModel } from './model/hostModel';
import type { HostModels } from './model/hostModels';
import type { StateStore } from './state';

/** States that Disconnect ends. */
const CONNECTED: ReadonlySet<HostState['kind']> = new Set(['connecting', 'ready', 'retrying']);

/** Keeps the context keys of when-clauses in step with hosts, attachments and logs. */
export function followContext(
  keys: ContextKeys,
  models: HostModels,
  logs: Pick<VerifierLogs, 'all' | 'onDidAdd'>,
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
    keys.set(
      'hasConnection',
      all.some(({ host }) => CONNECTED.has(host.state.kind)),
    );
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

/** Whatever connects a host, it is connected again after a reload until {@link forgetConnection}. */
export function rememberConnections(models: HostModels, state: StateStore): Disposable {
  const ready = new WeakSet<HostModel>();
  return models.onDidChange(model => {
    if (model === undefined) {
      return;
    }
    if (model.host.state.kind !== 'ready') {
      ready.delete(model);
    } else if (!ready.has(model)) {
      ready.add(model);
      const { id } = model.host.definition;
      const { connectedHosts } = state.value;
      state.update({ connectedHosts: [...connectedHosts.filter(other => other !== id), id] });
    }
  });
}

/** A person ended it. */
export function forgetConnection(state: StateStore, id: string): void {
  state.update({ connectedHosts: state.value.connectedHosts.filter(other => other !== id) });
}

/** The attachment of the status bar is forgotten once its host says that it is gone. */
export function forgetGoneAttachment(models: HostModels, state: StateStore): Disposable {
  /** One that is attached just now is not in what the host said before. */
  let known = state.value.active;
  return models.onDidChange(model => {
    const { active } = state.value;
    if (active === undefined || model?.host.definition.id !== active.hostId || !model.snapshot.loaded) {
      return;
    }
    if (model.snapshot.attachments.some(attachment => attachment.name === active.name)) {
      known = active;
    } else if (known?.hostId === active.hostId && known.name === active.name) {
      known = undefined;
      state.update({ active: undefined });
    }
  });
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
