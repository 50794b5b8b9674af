// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { formatBytes, formatCount } from '../../core/format';
import type { HitRate } from '../../core/hitRate';
import type { EntryNode, MapItemNode, MapNode, MapNote, SocketNode } from '../../core/mapTree';
import { socketFields, socketLabel, socketRate } from '../../core/sockets';
import type { Attachment } from '../../protocol/agent';
import { columnName, escapeMarkdown, percentText, reasonName, reasonText } from '../text';
import { treeItem } from './treeItem';

export interface MapItemContext {
  readonly hostLabel: string;
  readonly attachment: Attachment | undefined;
  readonly rate: HitRate | undefined;
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** Everything about a node but its tooltip, which is made when it is asked for. */
export function mapTreeItem(node: MapNode, context: MapItemContext): vscode.TreeItem {
  switch (node.kind) {
    case 'host': {
      const item = treeItem(node, context.hostLabel, Expanded, 'vm-running');
      item.contextValue = 'mapHost';
      return item;
    }
    case 'map':
      return mapItem(node, context);
    case 'otherMaps': {
      const item = treeItem(node, vscode.l10n.t('Other Maps'), Collapsed, 'folder');
      item.description = formatCount(node.count);
      return item;
    }
    case 'socket':
      return socketItem(node);
    case 'entry':
      return entryItem(node);
    case 'more': {
      const label = vscode.l10n.t(
        'Load more… ({0} of {1})',
        formatCount(node.shown),
        formatCount(node.total),
      );
      const item = treeItem(node, label, None, 'ellipsis');
      item.command = { command: COMMANDS.loadMore, title: label, arguments: [node] };
      return item;
    }
    case 'note':
      return noteItem(node);
  }
}

function mapItem(node: MapItemNode, { attachment, rate }: MapItemContext): vscode.TreeItem {
  const { info } = node;
  const name = info.name === '' ? vscode.l10n.t('map {0}', info.id) : info.name;
  const main = attachment?.sockmapId === info.id;
  const item = treeItem(node, name, main ? Expanded : Collapsed, node.sockets ? 'plug' : 'symbol-array');
  const parts = [info.type];
  if (attachment !== undefined) {
    parts.unshift(attachment.name);
    if (main) {
      parts.push(vscode.l10n.t('{0} sockets', formatCount(attachment.sockets)));
    }
  }
  if (main && rate !== undefined) {
    parts.push(percentText(rate.total.hitRate));
  }
  item.description = parts.join(' · ');
  // Captures are of what our datapath redirects now.
  const ours = main && attachment.abi !== null && attachment.state === 'attached';
  item.contextValue = node.sockets ? `map.sockets${ours ? '.ours' : ''}` : 'map.entries';
  item.accessibilityInformation = { label: `${name}, ${parts.join(', ')}` };
  return item;
}

function socketItem(node: SocketNode): vscode.TreeItem {
  const { socket } = node;
  const label = socketLabel(socket);
  const paired = socket.peerCookie !== null;
  const item = treeItem(node, label, None, paired ? 'arrow-swap' : 'debug-disconnect');
  const rate = socketRate(socket);
  // Figures first: a narrow side bar cuts the rest off.
  const parts: string[] = [];
  if (rate !== undefined) {
    parts.push(percentText(rate.hitRate), vscode.l10n.t('{0} redirected', formatBytes(rate.redirectedBytes)));
  }
  parts.push(
    paired ? vscode.l10n.t('peer {0}', `#${socket.peerCookie}`) : vscode.l10n.t('no peer'),
    socket.state,
  );
  if (socket.command !== null) {
    parts.push(socket.command);
  }
  item.description = parts.join(' · ');
  item.contextValue = rate === undefined ? 'socket' : 'socket.ours';
  item.accessibilityInformation = {
    label: vscode.l10n.t(
      'Socket from {0} to {1}, {2}',
      `${socket.localAddress} ${socket.localPort}`,
      `${socket.remoteAddress} ${socket.remotePort}`,
      parts.join(', '),
    ),
  };
  return item;
}

function entryItem(node: EntryNode): vscode.TreeItem {
  const item = treeItem(node, node.key, None, 'symbol-field');
  const value = node.value ?? vscode.l10n.t('not readable');
  item.description = `→ ${value}`;
  item.contextValue = 'entry';
  item.accessibilityInformation = { label: vscode.l10n.t('Key {0}, value {1}', node.key, value) };
  return item;
}

function noteItem(node: MapNode & { kind: 'note' }): vscode.TreeItem {
  const texts: Record<MapNote, string> = {
    loading: vscode.l10n.t('Loading…'),
    empty: vscode.l10n.t('Empty'),
    filtered: vscode.l10n.t('Nothing matches the filter'),
    noSockmap: vscode.l10n.t('There is no sockmap yet'),
    error: node.message ?? '',
  };
  const icons: Record<MapNote, string> = {
    loading: 'loading~spin',
    empty: 'circle-slash',
    filtered: 'filter',
    noSockmap: 'info',
    error: 'error',
  };
  const item = treeItem(node, texts[node.note], None, icons[node.note]);
  item.contextValue = `note.${node.note}`;
  if (node.note === 'error') {
    item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground'));
    item.command = { command: COMMANDS.showLog, title: vscode.l10n.t('Show Log') };
  }
  if (node.note === 'noSockmap') {
    item.description = vscode.l10n.t('Attach…');
    item.command = {
      command: COMMANDS.attach,
      title: vscode.l10n.t('Attach'),
      arguments: [{ hostId: node.hostId }],
    };
  }
  return item;
}

/** The Markdown table behind an item. */
export function mapTooltip(node: MapNode, { attachment }: MapItemContext): vscode.MarkdownString | undefined {
  switch (node.kind) {
    case 'map': {
      const { info } = node;
      const rows: [string, string][] = [
        [vscode.l10n.t('Map'), `${info.name} (${info.id})`],
        [vscode.l10n.t('Type'), info.type],
        [vscode.l10n.t('Key'), formatBytes(info.keySize)],
        [vscode.l10n.t('Value'), formatBytes(info.valueSize)],
        [vscode.l10n.t('Capacity'), formatCount(info.maxEntries)],
        [vscode.l10n.t('Memory'), formatBytes(info.memoryBytes)],
      ];
      if (attachment !== undefined) {
        rows.push([vscode.l10n.t('Attachment'), attachment.name]);
      }
      return markdownTable(rows);
    }
    case 'socket': {
      const rows = socketFields(node.socket, reasonName).map(([column, value]): [string, string] => [
        columnName(column),
        column.endsWith('Bytes') ? formatBytes(Number(value)) : value,
      ]);
      const reason = node.socket.lastReason;
      const table = markdownTable(
        rows.map(([name, value]) => [name, reason === value ? reasonName(reason) : value]),
      );
      if (reason !== null) {
        table.appendMarkdown(`\n\n${escapeMarkdown(reasonText(reason))}`);
      }
      return table;
    }
    case 'entry':
      return new vscode.MarkdownString().appendCodeblock(`${node.key}\n→ ${node.value ?? ''}`, 'text');
    case 'host':
    case 'otherMaps':
    case 'more':
    case 'note':
      return undefined;
  }
}

export function markdownTable(rows: readonly (readonly [string, string])[]): vscode.MarkdownString {
  const lines = rows.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`);
  return new vscode.MarkdownString(['| | |', '| :-- | :-- |', ...lines].join('\n'), true);
}

/** Text for Copy Value; several nodes get one line each. */
export function mapCopyText(nodes: readonly MapNode[]): string | undefined {
  const parts = nodes.map(copyFields).filter(fields => fields !== undefined);
  const [only] = parts;
  if (only === undefined) {
    return undefined;
  }
  return parts.length === 1 ? only.join('\n') : parts.map(fields => fields.join(', ')).join('\n');
}

function copyFields(node: MapNode): readonly string[] | undefined {
  switch (node.kind) {
    case 'socket':
      return socketFields(node.socket).map(([column, value]) => `${column}: ${value}`);
    case 'entry':
      return [node.value === undefined ? node.key : `${node.key} → ${node.value}`];
    case 'map':
      return [`${node.info.name} (${node.info.type}, id ${node.info.id})`];
    case 'host':
    case 'otherMaps':
    case 'more':
      return undefined;
    case 'note':
      return node.message === undefined ? undefined : [node.message];
  }
}
