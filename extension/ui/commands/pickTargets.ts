// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { formatCgroup } from '../../core/format';
import type { HostState } from '../../core/hosts';
import { ProblemError } from '../../core/problem';
import type { StepPosition } from '../../core/wizard';
import type { Host } from '../../host/api';
import type { Attachment } from '../../protocol/agent';
import type { AttachmentRef } from '../model/hostModels';
import { type Answer, type PickItem, pick } from '../pick/quickPick';
import type { Services } from '../services';
import { attachmentStateText, hostStateText } from '../text';
import { addHost } from './addHost';

/** Asks for a host that fits; the only one that fits is taken without asking. */
export async function chooseHost(
  services: Services,
  target: CommandTarget,
  title: string,
  fits: (host: Host) => boolean,
): Promise<Host | undefined> {
  if (target.hostId !== undefined) {
    return hostOf(services, target.hostId);
  }
  const hosts = services.registry.hosts.filter(fits);
  const [only] = hosts;
  if (hosts.length === 1) {
    return only;
  }
  if (only === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no such host.'));
    return undefined;
  }
  const answer = await pick<Host>({
    title,
    placeholder: vscode.l10n.t('Select a host'),
    items: hosts.map(host => hostItem(host, undefined)),
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
    const added = await addHost(services);
    return added === undefined ? { kind: 'cancel' } : { kind: 'value', value: added };
  }
  return { kind: 'value', value: answer.value.definition.id };
}

function hostItem(host: Host, last: string | undefined): PickItem<Host> {
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

/** The attachment that is meant, or the choice of a person among those of the ready hosts that fit. */
export async function chooseAttachment(
  services: Services,
  target: CommandTarget,
  title: string,
  fits: (attachment: Attachment) => boolean = () => true,
): Promise<{ readonly host: Host; readonly name: string } | undefined> {
  if (target.hostId !== undefined && target.attachment !== undefined) {
    return { host: hostOf(services, target.hostId), name: target.attachment };
  }
  await services.models.refresh();
  const refs = services.models.attachments.filter(
    ({ model, attachment }) =>
      (target.hostId === undefined || model.host.definition.id === target.hostId) && fits(attachment),
  );
  const [only] = refs;
  if (only === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing is attached on a connected host.'));
    return undefined;
  }
  const answer = await pick<AttachmentRef>({
    title,
    placeholder: vscode.l10n.t('Select an attachment'),
    items: refs.map(ref => ({
      label: ref.attachment.name,
      description: [
        ref.model.host.definition.label,
        formatCgroup(ref.attachment.cgroup.path ?? String(ref.attachment.cgroup.id)),
        attachmentStateText(ref.attachment.state),
      ].join(' · '),
      value: ref,
    })),
  });
  return answer.kind === 'value'
    ? { host: answer.value.model.host, name: answer.value.attachment.name }
    : undefined;
}
