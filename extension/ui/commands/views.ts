// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { type CommandTarget, VIEWS } from '../../contrib/ids';
import { SOCKET_COLUMNS, type SocketColumn } from '../../protocol/agent';
import { input, pick } from '../pick/quickPick';
import type { Services } from '../services';
import { mapCopyText } from '../trees/mapItems';
import { columnName } from '../text';
import { chooseAttachment } from './chooseAttachment';
import type { Invocation } from './invocation';

export async function refresh(services: Services): Promise<void> {
  await services.models.refresh();
}

export function showLog({ channel }: Services): Promise<void> {
  channel.show(true);
  return Promise.resolve();
}

/** Puts the sockmap of an attachment into view and makes it the one of the status bar. */
export async function revealAttachment(
  services: Services,
  target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const title = vscode.l10n.t('Show in Map Explorer');
  const chosen = await chooseAttachment(services, invocation, { title });
  if (chosen === undefined) {
    return;
  }
  const hostId = chosen.host.definition.id;
  const attachment = services.models
    .get(hostId)
    ?.snapshot.attachments.find(item => item.name === chosen.name);
  services.state.update({ active: { hostId, name: chosen.name } });
  const mapId = target.mapId ?? attachment?.sockmapId ?? undefined;
  if (mapId === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} has no sockmap to show.', chosen.name));
  } else if (!(await services.maps.reveal(hostId, mapId))) {
    void vscode.window.showInformationMessage(vscode.l10n.t('This map of {0} is gone.', chosen.name));
  }
}

export async function loadMore(services: Services, target: CommandTarget): Promise<void> {
  if (target.hostId !== undefined && target.mapId !== undefined) {
    services.windows.more(target.hostId, target.mapId);
    await services.models.get(target.hostId)?.refresh();
  }
}

/** A keybinding says which view's selection is meant, a menu which node. */
export async function copyValue({ hosts, maps }: Services, { id, view }: CommandTarget): Promise<void> {
  const inMaps = view === VIEWS.maps || (id !== undefined && maps.node(id) !== undefined);
  await copy(inMaps ? mapCopyText(maps.chosen(id)) : hosts.copyText(id));
}

export async function copyPinPath({ hosts }: Services, { id }: CommandTarget): Promise<void> {
  const node = hosts.node(id);
  await copy(node?.kind === 'attachment' ? node.info.pinPath : undefined);
}

export async function copyProgramId({ hosts }: Services, { id }: CommandTarget): Promise<void> {
  const node = hosts.node(id);
  await copy(node?.kind === 'program' ? String(node.programId) : undefined);
}

async function copy(text: string | undefined): Promise<void> {
  if (text !== undefined) {
    await vscode.env.clipboard.writeText(text);
  }
}

export async function filterSockets(services: Services): Promise<void> {
  const answer = await input({
    title: vscode.l10n.t('Filter Sockets'),
    prompt: vscode.l10n.t('Show sockets whose addresses, ports, program, cgroup or reason contain this'),
    placeholder: vscode.l10n.t('e.g. 10.0.0.2 or nginx; nothing shows all'),
    value: services.state.value.socketFilter ?? '',
    check: () => undefined,
  });
  if (answer.kind === 'value') {
    const text = answer.value.trim();
    services.state.update({ socketFilter: text === '' ? undefined : text });
  }
}

export function clearSocketFilter(services: Services): Promise<void> {
  services.state.update({ socketFilter: undefined });
  return Promise.resolve();
}

interface OrderChoice {
  readonly column: SocketColumn | undefined;
  readonly descending: boolean;
}

export async function sortSockets(services: Services): Promise<void> {
  const current = services.state.value.socketOrder;
  const numbers = new Set<SocketColumn>([
    'queuedBytes',
    'redirectedMessages',
    'redirectedBytes',
    'stackMessages',
    'stackBytes',
  ]);
  const pairs: OrderChoice = { column: undefined, descending: false };
  const answer = await pick<OrderChoice>({
    title: vscode.l10n.t('Sort Sockets'),
    placeholder: vscode.l10n.t('Select a column'),
    items: [
      {
        label: vscode.l10n.t('Pairs together'),
        ...(current === undefined ? { description: vscode.l10n.t('now') } : {}),
        value: pairs,
      },
      ...SOCKET_COLUMNS.filter(column => column !== 'reasons').map(column => ({
        label: columnName(column),
        description: current?.column === column ? vscode.l10n.t('now') : '',
        // Who sorts by a count wants the most first; a second choice turns it round.
        value: {
          column,
          descending: current?.column === column ? !current.descending : numbers.has(column),
        },
      })),
    ],
  });
  if (answer.kind === 'value') {
    const { column, descending } = answer.value;
    services.state.update({ socketOrder: column === undefined ? undefined : { column, descending } });
  }
}

/** Opens the source that an attachment of this window was built from, when it is in the workspace. */
export async function openSource(services: Services, target: CommandTarget): Promise<void> {
  const model = target.hostId === undefined ? undefined : services.models.get(target.hostId);
  const object = model?.snapshot.attachments.find(a => a.name === target.attachment)?.object.name;
  if (object === undefined) {
    return;
  }
  const source = object.replace(/\.o$/, '.c');
  const [found] = await vscode.workspace.findFiles(`**/${source}`, '**/node_modules/**', 1);
  if (found === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The source {0} is not in this workspace.', source),
    );
    return;
  }
  await vscode.window.showTextDocument(found);
}
