// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { readHostSettings } from '../../core/hostSettings';
import { ProblemError } from '../../core/problem';
import { sshProgram } from '../../core/ssh';
import { forgetConnection } from '../followModels';
import { commandOffer, offer } from '../offer';
import type { Services } from '../services';
import { connectHost } from './connectHost';
import type { Invocation } from './invocation';
import { addHostOffer, chooseHost, hostOf } from './pickTargets';

export async function connect(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const host = await chooseHost(services, invocation, {
    title: vscode.l10n.t('Connect'),
    fits: ({ state }) => state.kind !== 'ready',
    none: {
      message:
        services.registry.hosts.length === 0
          ? vscode.l10n.t('There is no host to connect to yet.')
          : vscode.l10n.t('All hosts are connected.'),
      offers: [addHostOffer()],
    },
  });
  if (host !== undefined) {
    await connectHost(host);
  }
}

export async function disconnect(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const host = await chooseHost(services, invocation, {
    title: vscode.l10n.t('Disconnect'),
    fits: ({ state }) => state.kind !== 'idle' && state.kind !== 'failed',
    none: {
      message: vscode.l10n.t('No host is connected.'),
      offers: [commandOffer(vscode.l10n.t('Connect'), COMMANDS.connect)],
    },
  });
  if (host !== undefined) {
    forgetConnection(services.state, host.definition.id);
    await host.disconnect();
  }
}

/**
 * Opens an ssh session in which the person can accept a host key or type a password. Resolves when it is closed, so
 * that what failed for want of it can be tried again.
 */
export async function connectInTerminal(services: Services, target: CommandTarget): Promise<void> {
  if (target.hostId === undefined) {
    return;
  }
  const { definition } = hostOf(services, target.hostId);
  if (definition.kind !== 'ssh') {
    return;
  }
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
  await new Promise<void>(resolve => {
    const subscription = vscode.window.onDidCloseTerminal(closed => {
      if (closed === terminal) {
        subscription.dispose();
        resolve();
      }
    });
    terminal.show();
  });
}

/** Takes a host off the list, with a way back. */
export async function removeHost(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const host = await chooseHost(services, invocation, {
    title: vscode.l10n.t('Remove Host'),
    fits: ({ definition }) => definition.kind === 'ssh',
    none: { message: vscode.l10n.t('There is no SSH host in the list.'), offers: [addHostOffer()] },
  });
  if (host?.definition.kind !== 'ssh') {
    return;
  }
  const { id, label } = host.definition;
  const { config } = services;
  if (elementsOf(id, config.get('hosts')).length === 0) {
    throw new ProblemError({
      code: 'badHost',
      message: vscode.l10n.t('Host {0} is not in the setting sockmap.hosts, so it cannot be removed.', label),
    });
  }
  forgetConnection(services.state, id);
  // It takes a while, in which the list may change.
  await host.disconnect();
  let removed: ReturnType<typeof elementsOf> = [];
  await config.changeHosts(hosts => {
    removed = elementsOf(id, hosts);
    return hosts.filter((_, index) => !removed.some(gone => gone.index === index));
  });
  await offer(
    'information',
    vscode.l10n.t('Host {0} was removed from the list. What is attached there stays attached.', label),
    {
      title: vscode.l10n.t('Undo'),
      run: () =>
        config.changeHosts(hosts => {
          const now = [...hosts];
          for (const { element, index } of removed) {
            now.splice(index, 0, element);
          }
          return now;
        }),
    },
  );
}

/** All of them: a repeated element would take the place of the one that goes. */
function elementsOf(
  id: string,
  hosts: readonly unknown[],
): readonly { readonly element: unknown; readonly index: number }[] {
  const { ids } = readHostSettings(hosts, undefined);
  return hosts.flatMap((element, index) => (ids[index] === id ? [{ element, index }] : []));
}
