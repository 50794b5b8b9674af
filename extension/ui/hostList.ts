// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { readHostSettings } from '../core/hostSettings';
import type { Logger } from '../core/logger';
import type { HostDefinition } from '../core/hosts';
import { type Disposable, DisposableStore } from '../core/util/disposable';
import type { HostRegistry } from '../host/api';
import type { Config } from './config';
import { destinationFaultText } from './text';

/** Keeps the registry's hosts those of the settings. In a workspace that is not trusted there are none. */
export function followHostSettings(registry: HostRegistry, config: Config, log: Logger): Disposable {
  const store = new DisposableStore();
  const update = () => {
    if (!vscode.workspace.isTrusted) {
      registry.update([]);
      return;
    }
    const { hosts, faults } = readHostSettings(config.get('hosts'), localHost(), path => config.expand(path));
    const [first, ...more] = faults.map(({ index, fault }) =>
      vscode.l10n.t('sockmap.hosts[{0}] is left out: {1}', index, destinationFaultText(fault)),
    );
    if (first !== undefined) {
      for (const one of more) {
        log.warn(one);
      }
      const message =
        more.length === 0 ? first : vscode.l10n.t('{0} The log names {1} more.', first, more.length);
      config.complain('hosts', message);
    }
    registry.update(hosts);
  };
  store.add(config.onDidChange('hosts', update));
  store.add(vscode.workspace.onDidGrantWorkspaceTrust(update));
  update();
  return store;
}

/** The machine of the extension host, which can be a host only when it runs Linux. */
function localHost(): HostDefinition | undefined {
  return process.platform === 'linux'
    ? { kind: 'local', id: 'local', label: vscode.l10n.t('Local') }
    : undefined;
}
