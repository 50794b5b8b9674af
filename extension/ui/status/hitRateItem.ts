// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { formatBytes, formatCgroup, formatCount, formatDuration } from '../../core/format';
import { type HitRate, byteHitRate } from '../../core/hitRate';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import type { AttachmentRef, HostModels } from '../model/hostModels';
import type { StateStore } from '../state';
import { attachmentStateText, escapeMarkdown, percentText, reasonText } from '../text';
import { attachmentText, awayText } from './hitRateText';

/** The hit rate of the active attachment in the status bar; not there when nothing is known to be attached. */
export class HitRateItem implements Disposable {
  readonly #models: HostModels;
  readonly #state: StateStore;
  readonly #store = new DisposableStore();
  readonly #item: vscode.StatusBarItem;
  #demand: Disposable | undefined;

  constructor(models: HostModels, state: StateStore) {
    this.#models = models;
    this.#state = state;
    this.#item = this.#store.add(
      vscode.window.createStatusBarItem('sockmap.hitRate', vscode.StatusBarAlignment.Left, 10),
    );
    this.#item.name = vscode.l10n.t('Sockmap Hit Rate');
    this.#store.add(models.onDidChange(() => this.#render()));
    this.#store.add(state.onDidChange(() => this.#render()));
    this.#render();
  }

  dispose(): void {
    this.#demand?.dispose();
    this.#store.dispose();
  }

  #render(): void {
    const active = activeAttachment(this.#models, this.#state);
    if (active === undefined) {
      this.#demand?.dispose();
      this.#demand = undefined;
      this.#renderAway();
      return;
    }
    // Shown is looked at: its figures are read at each interval.
    this.#demand ??= this.#models.demand(['stats']);
    const { attachment, model } = active;
    const rate = model.snapshot.rates.get(attachment.name);
    const target: CommandTarget = {
      hostId: model.host.definition.id,
      attachment: attachment.name,
    };
    const { text, label } = attachmentText(attachment, rate);
    this.#item.text = text;
    this.#item.command = {
      command: COMMANDS.revealAttachment,
      title: vscode.l10n.t('Show in Map Explorer'),
      arguments: [target],
    };
    this.#item.tooltip = tooltip(active, rate, target);
    this.#item.accessibilityInformation = { label, role: 'button' };
    this.#item.show();
  }

  /** What was attached last goes on redirecting while its host is not connected. */
  #renderAway(): void {
    const { active } = this.#state.value;
    const host = active === undefined ? undefined : this.#models.get(active.hostId)?.host;
    if (active === undefined || host === undefined || host.state.kind === 'ready') {
      this.#item.hide();
      return;
    }
    const { text, label, tooltip } = awayText(active.name, host.definition.label, host.state.kind);
    const target: CommandTarget = { hostId: active.hostId };
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.command = {
      command: COMMANDS.connect,
      title: vscode.l10n.t('Connect'),
      arguments: [target],
    };
    this.#item.accessibilityInformation = { label, role: 'button' };
    this.#item.show();
  }
}

/** The one that was attached or chosen last while it is there, else the first that counts, else the first. */
function activeAttachment(models: HostModels, state: StateStore): AttachmentRef | undefined {
  const { active } = state.value;
  const all = models.attachments;
  return (
    all.find(
      ({ model, attachment }) =>
        model.host.definition.id === active?.hostId && attachment.name === active.name,
    ) ??
    all.find(({ attachment }) => attachment.abi !== null && attachment.state === 'attached') ??
    all[0]
  );
}

function tooltip(
  { model, attachment }: AttachmentRef,
  rate: HitRate | undefined,
  target: CommandTarget,
): vscode.MarkdownString {
  const { name, state, cgroup, sockets } = attachment;
  const text = new vscode.MarkdownString('', true);
  text.isTrusted = { enabledCommands: [COMMANDS.revealAttachment, COMMANDS.detach] };
  text.appendMarkdown(`**${escapeMarkdown(name)}** · ${attachmentStateText(state)}\n\n`);
  text.appendMarkdown(
    `${escapeMarkdown(model.host.definition.label)} · ${escapeMarkdown(formatCgroup(cgroup.path ?? String(cgroup.id)))} · ${vscode.l10n.t('{0} sockets', formatCount(sockets))}\n\n`,
  );
  if (rate === undefined) {
    text.appendMarkdown(
      attachment.abi === null ? vscode.l10n.t('This object keeps no counters.') : vscode.l10n.t('Reading…'),
    );
  } else {
    text.appendMarkdown(rateTable(rate));
  }
  const link = (title: string, command: string) =>
    `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([target]))})`;
  text.appendMarkdown(
    `\n\n${link(`$(list-tree) ${vscode.l10n.t('Map Explorer')}`, COMMANDS.revealAttachment)} · ${link(`$(debug-disconnect) ${vscode.l10n.t('Detach')}`, COMMANDS.detach)}`,
  );
  return text;
}

function rateTable(rate: HitRate): string {
  const { total, interval } = rate;
  const now = interval === undefined ? undefined : formatDuration(interval.durationMs);
  const head = [
    '',
    now === undefined ? vscode.l10n.t('Now') : vscode.l10n.t('Last {0}', now),
    vscode.l10n.t('Total'),
  ];
  const rows: string[][] = [
    [
      vscode.l10n.t('Messages redirected'),
      percentText(interval?.hitRate),
      `${percentText(total.hitRate)} (${formatCount(total.redirectedMessages)})`,
    ],
    [
      vscode.l10n.t('Bytes redirected'),
      percentText(interval === undefined ? undefined : byteHitRate(interval)),
      `${percentText(byteHitRate(total))} (${formatBytes(total.redirectedBytes)})`,
    ],
    [
      vscode.l10n.t('Through the stack'),
      interval === undefined ? '' : formatBytes(interval.stackBytes),
      formatBytes(total.stackBytes),
    ],
  ];
  for (const { reason, messages } of rate.reasons) {
    rows.push([escapeMarkdown(reasonText(reason)), '', formatCount(messages)]);
  }
  return [head, [':--', '--:', '--:'], ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}
