// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import type { HostState } from '../../core/hosts';
import { ProblemError } from '../../core/problem';
import type { StepPosition } from '../../core/wizard';
import type { Host } from '../../host/api';
import { commandOffer, type Offer, offer } from '../offer';
import { type Answer, type PickItem, pick } from '../pick/quickPick';
import type { Services } from '../services';
import { hostStateText } from '../text';
import { askNewHost } from './addHost';
import type { Invocation } from './invocation';

export interface HostQuestion {
  readonly title: string;
  readonly fits: (host: Host) => boolean;
  /** Said when no host fits, with a way to one. */
  readonly none: { readonly message: string; readonly offers: readonly Offer[] };
}

export function addHostOffer(): Offer {
  return commandOffer(vscode.l10n.t('Add SSH Host…'), COMMANDS.addHost);
}

/** Asks for a host that fits; the only one that fits is taken without asking. */
export async function chooseHost(
  services: Services,
  invocation: Invocation,
  { title, fits, none }: HostQuestion,
): Promise<Host | undefined> {
  const { hostId } = invocation.target;
  if (hostId !== undefined) {
    return hostOf(services, hostId);
  }
  const hosts = services.registry.hosts.filter(fits);
  const [only] = hosts;
  if (only === undefined) {
    void offer('information', none.message, ...none.offers);
    return undefined;
  }
  const chosen = hosts.length === 1 ? only : await askWhichHost(title, hosts);
  if (chosen !== undefined) {
    invocation.keep({ hostId: chosen.definition.id });
  }
  return chosen;
}

async function askWhichHost(title: string, hosts: readonly Host[]): Promise<Host | undefined> {
  const answer = await pick<Host>({
    title,
    placeholder: vscode.l10n.t('Select a host'),
    items: hosts.map(host => hostItem(host)),
  });
  return answer.kind === 'value' ? answer.value : undefined;
}

/** The host step of a dialog, with a way to a new host. */
export async function askHost(
  services: Services,
  title: string,
  position: StepPosition,
): Promise<Answer<string>> {
  const last = services.state.value.lastHost;
  const hosts = [...services.registry.hosts].sort(
    (a, b) => Number(b.definition.id === last) - Number(a.definition.id === last),
  );
  const items: PickItem<Host | 'add'>[] = [
    ...hosts.map(host => hostItem(host, last)),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(add) ${vscode.l10n.t('Add SSH Host…')}`, value: 'add' },
  ];
  const answer = await pick<Host | 'add'>({
    title,
    placeholder: vscode.l10n.t('Select a host'),
    position,
    items,
  });
  if (answer.kind !== 'value') {
    return answer;
  }
  if (answer.value === 'add') {
    const added = await askNewHost(services);
    return added === undefined ? { kind: 'cancel' } : { kind: 'value', value: added.id };
  }
  return { kind: 'value', value: answer.value.definition.id };
}

export function hostItem(host: Host, last?: string): PickItem<Host> {
  const item: PickItem<Host> = {
    label: `$(${stateIcon(host.state)}) ${host.definition.label}`,
    description: hostStateText(host.state),
    value: host,
  };
  return host.definition.id === last ? { ...item, detail: vscode.l10n.t('Last used') } : item;
}

function stateIcon(state: HostState): string {
  const icons: Record<HostState['kind'], string> = {
    idle: 'vm-outline',
    connecting: 'sync',
    ready: 'vm-running',
    retrying: 'sync',
    failed: 'error',
  };
  return icons[state.kind];
}

export function hostOf(services: Services, hostId: string): Host {
  const host = services.registry.get(hostId);
  if (host === undefined) {
    throw new ProblemError({
      code: 'badHost',
      message: vscode.l10n.t('Host "{0}" is not in the list of hosts.', hostId),
      action: vscode.l10n.t('Add it with "Sockmap: Add Host…".'),
    });
  }
  return host;
}
