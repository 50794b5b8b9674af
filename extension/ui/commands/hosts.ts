// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { hostId } from '../../core/hostSettings';
import { withProgress } from '../progress';
import type { Services } from '../services';
import { chooseHost, hostOf } from './pickTargets';

export async function connect(services: Services, target: CommandTarget): Promise<void> {
  const host = await chooseHost(
    services,
    target,
    vscode.l10n.t('Connect'),
    ({ state }) => state.kind !== 'ready',
  );
  if (host === undefined) {
    return;
  }
  const { id, label } = host.definition;
  await withProgress(vscode.l10n.t('Sockmap: connecting to {0}', label), async task => {
    const subscription = host.onDidChangeState(state => {
      if (state.kind === 'connecting') {
        task.report(state.stage);
      }
    });
    try {
      await host.connect(task.signal);
    } finally {
      subscription.dispose();
    }
  });
  rememberConnected(services, id, true);
}

export async function disconnect(services: Services, target: CommandTarget): Promise<void> {
  const host = await chooseHost(
    services,
    target,
    vscode.l10n.t('Disconnect'),
    ({ state }) => state.kind !== 'idle' && state.kind !== 'failed',
  );
  if (host !== undefined) {
    rememberConnected(services, host.definition.id, false);
    await host.disconnect();
  }
}

export function rememberConnected(services: Pick<Services, 'state'>, id: string, connected: boolean): void {
  const others = services.state.value.connectedHosts.filter(other => other !== id);
  services.state.update({ connectedHosts: connected ? [...others, id] : others });
}

/** Opens an ssh session in which the person can accept a host key or type a password. */
export function connectInTerminal(services: Services, target: CommandTarget): Promise<void> {
  if (target.hostId === undefined) {
    return Promise.resolve();
  }
  const { definition } = hostOf(services, target.hostId);
  if (definition.kind === 'ssh') {
    const terminal = vscode.window.createTerminal({
      name: `ssh ${definition.label}`,
      shellPath: services.config.path('ssh.path'),
      shellArgs: [
        ...(definition.configFile === undefined ? [] : ['-F', definition.configFile]),
        ...(definition.port === undefined ? [] : ['-p', String(definition.port)]),
        '--',
        definition.destination,
      ],
    });
    terminal.show();
  }
  return Promise.resolve();
}

/** Takes a host off the list, with a way back. */
export async function removeHost(services: Services, target: CommandTarget): Promise<void> {
  const host = await chooseHost(
    services,
    target,
    vscode.l10n.t('Remove Host'),
    ({ definition }) => definition.kind === 'ssh',
  );
  if (host?.definition.kind !== 'ssh') {
    return;
  }
  const { id, label } = host.definition;
  const before = services.config.get('hosts');
  await host.disconnect();
  await services.config.setHosts(before.filter(setting => hostId(setting) !== id));
  const undo = vscode.l10n.t('Undo');
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('Host {0} was removed from the list. What is attached there stays attached.', label),
    undo,
  );
  if (chosen === undo) {
    const now = services.config.get('hosts');
    const removed = before.filter(setting => hostId(setting) === id);
    await services.config.setHosts([...now, ...removed]);
  }
}
