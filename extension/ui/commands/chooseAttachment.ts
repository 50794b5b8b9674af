// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { formatCgroup } from '../../core/format';
import type { Problem } from '../../core/hosts';
import { ProblemError } from '../../core/problem';
import type { Host } from '../../host/api';
import type { Attachment } from '../../protocol/agent';
import { sentences } from '../errors';
import type { HostModel } from '../model/hostModel';
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
  /** Connected hosts that could not be read just now: what is known of them may be old. */
  readonly unread: readonly UnreadHost[];
  /** Hosts that are not connected, so that it is not known what is attached. */
  readonly unknown: readonly Host[];
  /** Why there are no `refs`; undefined: no host was read. */
  readonly none: string | undefined;
}

interface UnreadHost {
  readonly host: Host;
  readonly problem: Problem;
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
    const { refs, unread, unknown, none } = choice;
    if (refs.length === 0 && unknown.length === 0) {
      failWhenUnread(unread);
      sayNothingAttached(none, hostId);
      return undefined;
    }
    const only = unknown.length === 1 && refs.length === 0 && unread.length === 0 && none === undefined;
    const answer = only ? unknown[0] : await askWhich(question.title, choice);
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
  const unread = ready.flatMap(model => unreadHost(model) ?? []);
  const read = ready.filter(({ host }) => !unread.some(one => one.host === host));
  const there = services.models.attachments.filter(({ model }) => models.includes(model));
  const names = there.map(({ attachment }) => attachment.name).join(', ');
  const labels = read.map(({ host }) => host.definition.label).join(', ');
  const nothing = vscode.l10n.t('Nothing is attached on {0}.', labels);
  return {
    refs: there.filter(({ attachment }) => fits(attachment)),
    unread,
    unknown: models.filter(model => !ready.includes(model)).map(({ host }) => host),
    none: read.length === 0 ? undefined : ((names === '' ? undefined : unfit?.(names)) ?? nothing),
  };
}

function unreadHost({ host, snapshot }: HostModel): UnreadHost | undefined {
  const { loaded, error } = snapshot;
  if (error !== undefined) {
    return { host, problem: error };
  }
  const message = vscode.l10n.t('It could not be read what is attached.');
  return loaded ? undefined : { host, problem: { code: 'internal', message } };
}

/** The message has the problem of the first one; the others are seen when it is mended. */
function failWhenUnread([first]: readonly UnreadHost[]): void {
  if (first !== undefined) {
    const { host, problem } = first;
    throw new ProblemError({ ...problem, message: `${host.definition.label}: ${problem.message}` });
  }
}

async function askWhich(title: string, choice: Choice): Promise<AttachmentRef | Host | undefined> {
  const { refs, unread, unknown, none } = choice;
  const headed = <T>(label: string, items: readonly PickItem<T>[]): readonly PickItem<T>[] =>
    items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
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
    // To choose one of these reads it again.
    ...headed(
      vscode.l10n.t('Could not be read'),
      unread.map(({ host, problem }) => ({
        ...hostItem(host),
        detail: sentences(problem.message, problem.action),
      })),
    ),
    ...headed(
      vscode.l10n.t('Not connected'),
      unknown.map(host => ({
        ...hostItem(host),
        detail: vscode.l10n.t('Connects, and shows what is attached there'),
      })),
    ),
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
