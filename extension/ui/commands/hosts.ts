// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { readHostSettings } from '../../core/hostSettings';
import { ProblemError } from '../../core/problem';
import { sshProgram } from '../../core/ssh';
import { offer } from '../offer';
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
      shellPath: sshProgram(services.config.path('ssh.path')),
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
  const { config } = services;
  const before = config.get('hosts');
  const { ids } = readHostSettings(before, undefined);
  // A repeated element would take the place of the one that goes.
  const removed = before.flatMap((element, index) => (ids[index] === id ? [{ element, index }] : []));
  if (removed.length === 0) {
    throw new ProblemError({
      code: 'badHost',
      message: vscode.l10n.t('Host {0} is not in the setting sockmap.hosts, so it cannot be removed.', label),
    });
  }
  await host.disconnect();
  await config.setHosts(before.filter((_, index) => ids[index] !== id));
  await offer(
    'information',
    vscode.l10n.t('Host {0} was removed from the list. What is attached there stays attached.', label),
    {
      title: vscode.l10n.t('Undo'),
      run: async () => {
        const now = [...config.get('hosts')];
        for (const { element, index } of removed) {
          now.splice(index, 0, element);
        }
        await config.setHosts(now);
      },
    },
  );
}
