// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { formatBytes, formatCgroup, formatCount } from '../../core/format';
import type { HitRate } from '../../core/hitRate';
import type { HostState } from '../../core/hosts';
import type { AttachmentNode, HostsNode } from '../../core/hostsTree';
import type { Host } from '../../host/api';
import type { ProgramInfo } from '../../protocol/agent';
import { problemActions, sentences } from '../errors';
import { attachmentStateText, escapeMarkdown, hostStateText, percentText, reasonName } from '../text';
import { markdownTable } from './mapItems';
import { treeItem } from './treeItem';

export interface HostItemContext {
  readonly host: Host | undefined;
  /** Of the node's attachment. */
  readonly rate: HitRate | undefined;
  /** The node's attachment is of our own object, which has no source here. */
  readonly builtin: boolean;
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

export function hostTreeItem(node: HostsNode, context: HostItemContext): vscode.TreeItem {
  switch (node.kind) {
    case 'host':
      return hostItem(node, context.host);
    case 'note':
      return noteItem(node, context.host);
    case 'attachment':
      return attachmentItem(node, context);
    case 'program': {
      const item = treeItem(node, node.name === '' ? `#${node.programId}` : node.name, None, 'symbol-event');
      item.description =
        node.attachedTo === null
          ? `${node.type} · ${node.programId}`
          : vscode.l10n.t('{0} on {1}', node.type, node.attachedTo);
      item.contextValue = 'program';
      return item;
    }
    case 'attachmentMap': {
      const item = treeItem(node, node.name, None, node.sockets ? 'plug' : 'symbol-array');
      item.description = node.type;
      item.contextValue = 'attachmentMap';
      item.command = {
        command: COMMANDS.revealAttachment,
        title: vscode.l10n.t('Show in Map Explorer'),
        arguments: [{ hostId: node.hostId, attachment: node.attachment, mapId: node.mapId }],
      };
      return item;
    }
    case 'otherPrograms': {
      const item = treeItem(node, vscode.l10n.t('Other Programs'), Collapsed, 'folder');
      item.description = formatCount(node.count);
      return item;
    }
    case 'programType': {
      const item = treeItem(node, node.type, Collapsed, 'symbol-class');
      item.description = formatCount(node.count);
      return item;
    }
  }
}

function hostItem(node: HostsNode & { kind: 'host' }, host: Host | undefined): vscode.TreeItem {
  const state: HostState = host?.state ?? { kind: 'idle' };
  const label = host?.definition.label ?? node.hostId;
  const item = treeItem(node, label, state.kind === 'ready' ? Expanded : Collapsed, 'vm');
  // VS Code keeps an open or closed state per id: a host that becomes ready shall open.
  item.id = state.kind === 'ready' ? `${node.id}/ready` : node.id;
  item.description = hostStateText(state);
  item.iconPath = stateIcon(state);
  const local = host?.definition.kind === 'local' ? 'local' : 'ssh';
  item.contextValue = `host.${state.kind}.${local}`;
  item.accessibilityInformation = { label: `${label}, ${item.description}` };
  return item;
}

function stateIcon(state: HostState): vscode.ThemeIcon {
  const icon = (id: string, color?: string) =>
    new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
  switch (state.kind) {
    case 'idle':
      return icon('vm-outline');
    case 'connecting':
      return icon('loading~spin');
    case 'ready':
      return state.canLoad
        ? icon('vm-running', 'testing.iconPassed')
        : icon('vm-active', 'problemsWarningIcon.foreground');
    case 'retrying':
      return icon('sync~spin', 'problemsWarningIcon.foreground');
    case 'failed':
      return icon('error', 'problemsErrorIcon.foreground');
  }
}

function noteItem(node: HostsNode & { kind: 'note' }, host: Host | undefined): vscode.TreeItem {
  const item = treeItem(node, node.message, None, 'info');
  switch (node.note) {
    case 'problem': {
      item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground'));
      const state = host?.state;
      const action =
        state?.kind === 'failed' || state?.kind === 'retrying'
          ? problemActions(state.problem, { hostId: node.hostId })[0]
          : undefined;
      item.description = action?.title ?? '';
      item.command =
        action?.kind === 'command'
          ? { command: action.command, title: action.title, arguments: [{ hostId: node.hostId }] }
          : action?.kind === 'settings'
            ? { command: 'workbench.action.openSettings', title: action.title, arguments: [action.query] }
            : {
                command: COMMANDS.connect,
                title: vscode.l10n.t('Retry'),
                arguments: [{ hostId: node.hostId }],
              };
      break;
    }
    case 'limitation':
      item.iconPath = new vscode.ThemeIcon(
        'warning',
        new vscode.ThemeColor('problemsWarningIcon.foreground'),
      );
      break;
    case 'loading':
      item.iconPath = new vscode.ThemeIcon('loading~spin');
      break;
    case 'noAttachments':
      item.description = vscode.l10n.t('Attach…');
      item.command = {
        command: COMMANDS.attach,
        title: vscode.l10n.t('Attach'),
        arguments: [{ hostId: node.hostId }],
      };
      break;
  }
  item.contextValue = `note.${node.note}`;
  return item;
}

function attachmentItem(node: AttachmentNode, { rate, builtin }: HostItemContext): vscode.TreeItem {
  const { info } = node;
  const icons: Record<typeof info.state, [string, string]> = {
    attached: ['pass-filled', 'testing.iconPassed'],
    draining: ['watch', 'problemsWarningIcon.foreground'],
    broken: ['error', 'problemsErrorIcon.foreground'],
  };
  const [icon, color] = icons[info.state];
  const item = treeItem(node, info.name, Collapsed, icon);
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  const parts = [info.cgroup.path === null ? `cgroup ${info.cgroup.id}` : formatCgroup(info.cgroup.path)];
  parts.push(vscode.l10n.t('{0} sockets', formatCount(info.sockets)));
  if (info.policyRules !== null && info.policyRules > 0) {
    parts.push(policyText(info.policyRules));
  }
  if (rate !== undefined) {
    parts.push(percentText(rate.total.hitRate));
  }
  const state = attachmentStateText(info.state);
  item.description = (info.state === 'attached' ? parts : [state, ...parts]).join(' · ');
  const traits = [...(builtin ? [] : ['source']), ...(info.policyRules === null ? [] : ['policy'])];
  item.contextValue = ['attachment', info.state, ...traits].join('.');
  const warnings = info.warnings.length === 0 ? '' : `, ${info.warnings.join(' ')}`;
  item.accessibilityInformation = {
    label: `${[info.name, state, ...parts].join(', ')}${warnings}`,
  };
  return item;
}

/** Text for Copy Value. */
export function hostCopyText(node: HostsNode, { host }: Pick<HostItemContext, 'host'>): string | undefined {
  switch (node.kind) {
    case 'host':
      return host?.definition.label;
    case 'note':
      return node.detail === undefined ? node.message : `${node.message}\n${node.detail}`;
    case 'attachment':
      return node.info.name;
    case 'program':
      return `${node.name} (${node.type}, id ${node.programId})`;
    case 'attachmentMap':
      return `${node.name} (${node.type}, id ${node.mapId})`;
    case 'otherPrograms':
      return undefined;
    case 'programType':
      return node.type;
  }
}

export function hostTooltip(node: HostsNode, context: HostItemContext): vscode.MarkdownString | undefined {
  switch (node.kind) {
    case 'host':
      return context.host === undefined ? undefined : hostMarkdown(context.host);
    case 'note':
      return node.detail === undefined
        ? undefined
        : new vscode.MarkdownString(escapeMarkdown(node.message)).appendCodeblock(node.detail, 'text');
    case 'attachment':
      return attachmentMarkdown(node, context.rate);
    case 'program':
      return node.info === undefined ? undefined : programMarkdown(node.info);
    case 'attachmentMap':
    case 'otherPrograms':
    case 'programType':
      return undefined;
  }
}

function hostMarkdown(host: Host): vscode.MarkdownString {
  const { definition, state } = host;
  const rows: [string, string][] = [[vscode.l10n.t('State'), hostStateText(state)]];
  if (definition.kind === 'ssh') {
    const port = definition.port === undefined ? '' : `:${definition.port}`;
    rows.push([vscode.l10n.t('Destination'), `${definition.destination}${port}`]);
  }
  if (state.kind === 'ready') {
    rows.push([vscode.l10n.t('Host name'), state.hostname]);
  }
  const text = markdownTable(rows);
  if (state.kind === 'ready') {
    for (const problem of state.problems) {
      text.appendMarkdown(`\n\n$(warning) ${escapeMarkdown(sentences(problem.message, problem.action))}`);
    }
  }
  if (state.kind === 'failed' || state.kind === 'retrying') {
    const { action, detail } = state.problem;
    text.appendMarkdown(action === undefined ? '' : `\n\n${escapeMarkdown(action)}`);
    if (detail !== undefined) {
      text.appendCodeblock(detail, 'text');
    }
  }
  return text;
}

function policyText(rules: number): string {
  if (rules === 0) {
    return vscode.l10n.t('none, every local connection is redirected');
  }
  return rules === 1 ? vscode.l10n.t('1 rule') : vscode.l10n.t('{0} rules', formatCount(rules));
}

function attachmentMarkdown(node: AttachmentNode, rate: HitRate | undefined): vscode.MarkdownString {
  const { info } = node;
  const rows: [string, string][] = [
    [vscode.l10n.t('State'), attachmentStateText(info.state)],
    [vscode.l10n.t('Cgroup'), info.cgroup.path ?? String(info.cgroup.id)],
    [vscode.l10n.t('Object'), info.object.name],
    [vscode.l10n.t('Attached'), info.attachedAt],
    [vscode.l10n.t('Pinned at'), info.pinPath],
  ];
  if (info.pairing !== null) {
    rows.push([vscode.l10n.t('Pairing'), `${info.pairing.by} (${info.pairing.reason})`]);
  }
  if (info.policyRules !== null) {
    rows.push([vscode.l10n.t('Policy'), policyText(info.policyRules)]);
  }
  if (rate !== undefined) {
    rows.push(
      [vscode.l10n.t('Hit rate'), percentText(rate.total.hitRate)],
      [vscode.l10n.t('Bytes redirected'), formatBytes(rate.total.redirectedBytes)],
      ...rate.reasons.map(({ reason, messages }): [string, string] => [
        vscode.l10n.t('Stack: {0}', reasonName(reason)),
        formatCount(messages),
      ]),
    );
  }
  const text = markdownTable(rows);
  for (const warning of info.warnings) {
    text.appendMarkdown(`\n\n$(warning) ${escapeMarkdown(warning)}`);
  }
  return text;
}

function programMarkdown(info: ProgramInfo): vscode.MarkdownString {
  const rows: [string, string][] = [
    [vscode.l10n.t('Program'), `${info.name} (${info.id})`],
    [vscode.l10n.t('Type'), info.type],
    [vscode.l10n.t('Tag'), info.tag],
    [vscode.l10n.t('Loaded'), info.loadedAt ?? ''],
    [vscode.l10n.t('Instructions'), formatBytes(info.xlatedBytes)],
    [vscode.l10n.t('Machine code'), formatBytes(info.jitedBytes)],
    [vscode.l10n.t('Memory'), formatBytes(info.memoryBytes)],
    [vscode.l10n.t('Maps'), info.mapIds.join(', ')],
  ];
  if (info.runCount > 0) {
    rows.push([
      vscode.l10n.t('Runs'),
      vscode.l10n.t(
        '{0}, {1} ns each',
        formatCount(info.runCount),
        Math.round(info.runTimeNs / info.runCount),
      ),
    ]);
  }
  return markdownTable(rows);
}
