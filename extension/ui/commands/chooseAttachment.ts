// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { formatCgroup } from '../../core/format';
import type { Host } from '../../host/api';
import type { Attachment } from '../../protocol/agent';
import type { AttachmentRef } from '../model/hostModels';
import { commandOffer, offer } from '../offer';
import { type PickItem, pick } from '../pick/quickPick';
import type { Services } from '../services';
import { attachmentStateText } from '../text';
import { connectHost } from './connectHost';
import type { Invocation } from './invocation';
import { addHostOffer, hostItem, hostOf } from './pickTargets';

export interface AttachmentQuestion {
  readonly title: string;
  readonly fits?: (attachment: Attachment) => boolean;
  /** Said when something is attached but nothing of it fits. */
  readonly unfit?: (names: string) => string;
}

/** What there is to choose from, on the host that is meant or on all. */
interface Choice {
  readonly refs: readonly AttachmentRef[];
  /** Hosts of which it is not known what is attached. */
  readonly unknown: readonly Host[];
  /** Why there are no `refs`; undefined: no host is connected. */
  readonly none: string | undefined;
}

/**
 * The attachment that is meant, or the choice of a person among those that fit. Hosts that are not connected are
 * offered as well, to look at what is attached there.
 */
export async function chooseAttachment(
  services: Services,
  invocation: Invocation,
  question: AttachmentQuestion,
): Promise<{ readonly host: Host; readonly name: string } | undefined> {
  const { hostId, attachment } = invocation.target;
  if (hostId !== undefined && attachment !== undefined) {
    return { host: hostOf(services, hostId), name: attachment };
  }
  await services.models.refresh();
  for (;;) {
    const choice = choiceOf(services, hostId, question);
    const [first] = choice.unknown;
    if (choice.refs.length === 0 && first === undefined) {
      sayNothingAttached(choice.none, hostId);
      return undefined;
    }
    const only = choice.none === undefined && choice.refs.length === 0 && choice.unknown.length === 1;
    const answer = only ? first : await askWhich(question.title, choice);
    if (answer === undefined) {
      return undefined;
    }
    if ('model' in answer) {
      const chosen = { host: answer.model.host, name: answer.attachment.name };
      invocation.keep({ hostId: chosen.host.definition.id, attachment: chosen.name });
      return chosen;
    }
    await connectHost(answer);
    await services.models.get(answer.definition.id)?.refresh();
  }
}

function choiceOf(services: Services, hostId: string | undefined, question: AttachmentQuestion): Choice {
  const { fits = () => true, unfit } = question;
  const models = services.models.all.filter(
    ({ host }) => hostId === undefined || host.definition.id === hostId,
  );
  const ready = models.filter(({ host }) => host.state.kind === 'ready');
  const there = services.models.attachments.filter(({ model }) => models.includes(model));
  const names = there.map(({ attachment }) => attachment.name).join(', ');
  const labels = ready.map(({ host }) => host.definition.label).join(', ');
  const nothing = vscode.l10n.t('Nothing is attached on {0}.', labels);
  return {
    refs: there.filter(({ attachment }) => fits(attachment)),
    unknown: models.filter(model => !ready.includes(model)).map(({ host }) => host),
    none: ready.length === 0 ? undefined : ((names === '' ? undefined : unfit?.(names)) ?? nothing),
  };
}

async function askWhich(title: string, choice: Choice): Promise<AttachmentRef | Host | undefined> {
  const { refs, unknown, none } = choice;
  const separator = { label: vscode.l10n.t('Not connected'), kind: vscode.QuickPickItemKind.Separator };
  const items: PickItem<AttachmentRef | Host>[] = [
    ...refs.map(ref => ({
      label: ref.attachment.name,
      description: [
        ref.model.host.definition.label,
        formatCgroup(ref.attachment.cgroup.path ?? String(ref.attachment.cgroup.id)),
        attachmentStateText(ref.attachment.state),
      ].join(' · '),
      value: ref,
    })),
    ...(unknown.length === 0 ? [] : [separator]),
    ...unknown.map(host => ({
      ...hostItem(host),
      detail: vscode.l10n.t('Connects, and shows what is attached there'),
    })),
  ];
  const select = vscode.l10n.t('Select a host to connect to');
  const placeholder =
    refs.length > 0
      ? vscode.l10n.t('Select an attachment')
      : none === undefined
        ? select
        : `${none} ${select}`;
  const answer = await pick<AttachmentRef | Host>({ title, placeholder, items });
  return answer.kind === 'value' ? answer.value : undefined;
}

function sayNothingAttached(none: string | undefined, hostId: string | undefined): void {
  const target = hostId === undefined ? {} : { hostId };
  void (none === undefined
    ? offer('information', vscode.l10n.t('There is no host yet.'), addHostOffer())
    : offer('information', none, commandOffer(vscode.l10n.t('Attach…'), COMMANDS.attach, target)));
}
