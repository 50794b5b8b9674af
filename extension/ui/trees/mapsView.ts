// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { VIEWS } from '../../contrib/ids';
import {
  type HostMaps,
  type MapNode,
  findMapNode,
  hostMapNodes,
  hostNode,
  noteNode,
  otherMapNodes,
  otherMapsNode,
} from '../../core/mapTree';
import type { Hold } from '../../core/hold';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import type { HostModel } from '../model/hostModel';
import type { HostModels } from '../model/hostModels';
import type { MapWindows } from '../model/mapWindows';
import type { StateStore } from '../state';
import { columnName } from '../text';
import { type MapItemContext, mapTooltip, mapTreeItem } from './mapItems';

/** The Map Explorer: maps of every ready host, sockmaps opened into their sockets. */
export class MapsView implements vscode.TreeDataProvider<MapNode>, Disposable {
  readonly #models: HostModels;
  readonly #windows: MapWindows;
  readonly #state: StateStore;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<MapNode | MapNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<MapNode>;
  /** The node that VS Code holds for an id: a change is fired on it. */
  readonly #nodes = new Map<string, MapNode>();
  /** What that id stands for now, where it differs. */
  readonly #latest = new Map<string, MapNode>();
  readonly #hold: Hold;
  /** What the rows of maps said when VS Code asked for them last, whatever made it ask. */
  readonly #drawn = new Map<string, string>();
  /** Ids of the rows of each open map. */
  readonly #rows = new Map<string, string>();
  /** Ids of closed hosts and groups: VS Code keeps what is open below them, without a word, for when they open. */
  readonly #collapsed = new Set<string>();
  #demand: Disposable | undefined;
  #structure = '';

  constructor(models: HostModels, windows: MapWindows, state: StateStore, hold: Hold) {
    this.#hold = hold;
    this.#models = models;
    this.#windows = windows;
    this.#state = state;
    this.#view = this.#store.add(
      vscode.window.createTreeView<MapNode>(VIEWS.maps, {
        treeDataProvider: this,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.#store.add(this.#view.onDidChangeVisibility(() => this.#look()));
    this.#store.add(this.#view.onDidCollapseElement(({ element }) => this.#closed(element)));
    this.#store.add(this.#view.onDidExpandElement(({ element }) => this.#opened(element)));
    this.#store.add(models.onDidChange(() => this.#modelChanged()));
    this.#store.add(windows.onDidChange(({ hostId, mapId }) => this.#rowsChanged(hostId, mapId)));
    this.#store.add(
      state.onDidChange(() => {
        this.#describe();
        models.request();
      }),
    );
    this.#describe();
    this.#look();
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  get onDidChangeVisibility(): vscode.Event<vscode.TreeViewVisibilityChangeEvent> {
    return this.#view.onDidChangeVisibility;
  }

  getTreeItem(node: MapNode): vscode.TreeItem {
    const item = this.#item(node);
    if (node.kind === 'map') {
      this.#drawn.set(node.id, String(item.description));
    }
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: MapNode): vscode.TreeItem {
    this.#hold.take();
    item.tooltip = mapTooltip(this.node(node.id) ?? node, this.#context(node)) ?? item.tooltip;
    return item;
  }

  getChildren(node?: MapNode): MapNode[] {
    const children = this.#children(node);
    for (const child of children) {
      this.#nodes.set(child.id, child);
      this.#latest.delete(child.id);
    }
    return [...children];
  }

  getParent(node: MapNode): MapNode | undefined {
    const root =
      this.#models.ready.length > 1 ? (this.#nodes.get(node.hostId) ?? hostNode(node.hostId)) : undefined;
    switch (node.kind) {
      case 'host':
        return undefined;
      case 'otherMaps':
        return root;
      case 'map':
        return node.other ? this.#otherMaps(node.hostId) : root;
      case 'socket':
      case 'entry':
      case 'more':
        return this.#nodes.get(`${node.hostId}/map:${node.mapId}`);
      case 'note':
        return node.mapId === undefined ? root : this.#nodes.get(`${node.hostId}/map:${node.mapId}`);
    }
  }

  /** The newest node of an id that was shown. */
  node(id: string): MapNode | undefined {
    return this.#latest.get(id) ?? this.#nodes.get(id);
  }

  /** What a command on the node of that id is about: all that is selected when the node is, or without an id. */
  chosen(id: string | undefined): readonly MapNode[] {
    const selected = this.#view.selection;
    if (id === undefined || selected.some(node => node.id === id)) {
      return selected.map(node => this.node(node.id) ?? node);
    }
    return [this.node(id)].filter(node => node !== undefined);
  }

  /** Opens a map and puts it into view; false when it is not there. */
  async reveal(hostId: string, mapId: number): Promise<boolean> {
    const model = this.#models.get(hostId);
    if (model === undefined) {
      return false;
    }
    await vscode.commands.executeCommand(`${VIEWS.maps}.focus`);
    this.#look();
    await model.refresh();
    const node = findMapNode(hostMaps(model), mapId);
    if (node === undefined) {
      return false;
    }
    await this.#view.reveal(this.#nodes.get(node.id) ?? node, { expand: true, select: true, focus: false });
    return true;
  }

  dispose(): void {
    this.#demand?.dispose();
    this.#store.dispose();
  }

  #children(node: MapNode | undefined): readonly MapNode[] {
    if (node === undefined) {
      const ready = this.#models.ready;
      const [only] = ready;
      if (only === undefined || ready.length > 1) {
        return ready.map(model => hostNode(model.host.definition.id));
      }
      return this.#hostChildren(only);
    }
    const model = this.#models.get(node.hostId);
    if (model === undefined) {
      return [];
    }
    // Only what is open is asked for.
    if (this.#collapsed.delete(node.id)) {
      model.request();
    }
    switch (node.kind) {
      case 'host':
        return this.#hostChildren(model);
      case 'otherMaps':
        return otherMapNodes(hostMaps(model));
      case 'map':
        this.#windows.open(node.hostId, node.mapId);
        if (
          this.#windows.nodes(node.hostId, node.mapId).some(n => n.kind === 'note' && n.note === 'loading')
        ) {
          model.request();
        }
        return this.#windows.nodes(node.hostId, node.mapId);
      case 'socket':
      case 'entry':
      case 'more':
      case 'note':
        return [];
    }
  }

  #item(node: MapNode): vscode.TreeItem {
    return mapTreeItem(this.node(node.id) ?? node, this.#context(node));
  }

  #hostChildren(model: HostModel): readonly MapNode[] {
    const { id } = model.host.definition;
    const { error, mapsRead } = model.snapshot;
    if (mapsRead) {
      return hostMapNodes(hostMaps(model));
    }
    return [noteNode(id, undefined, error === undefined ? 'loading' : 'error', error?.message)];
  }

  #context(node: MapNode): MapItemContext {
    const model = this.#models.get(node.hostId);
    const name = node.kind === 'map' ? node.attachment : undefined;
    return {
      hostLabel: model?.host.definition.label ?? node.hostId,
      attachment: model?.snapshot.attachments.find(a => a.name === name),
      rate: name === undefined ? undefined : model?.snapshot.rates.get(name),
    };
  }

  #look(): void {
    if (this.#view.visible && this.#demand === undefined) {
      this.#demand = this.#models.demand(
        ['maps', 'stats'],
        model => client =>
          this.#windows.load(model.host.definition.id, client, model.snapshot.maps, mapId =>
            this.#onScreen(model, mapId),
          ),
      );
    } else if (!this.#view.visible) {
      this.#demand?.dispose();
      this.#demand = undefined;
    }
  }

  #opened(node: MapNode): void {
    // VS Code does not ask again for rows that it had before.
    if (node.kind === 'map' ? this.#windows.open(node.hostId, node.mapId) : this.#collapsed.delete(node.id)) {
      this.#models.get(node.hostId)?.request();
    }
  }

  #closed(node: MapNode): void {
    if (node.kind === 'map') {
      this.#windows.close(node.hostId, node.mapId);
    } else {
      this.#collapsed.add(node.id);
    }
  }

  /** Whether no node above a map is closed. */
  #onScreen(model: HostModel, mapId: number): boolean {
    const host = hostMaps(model);
    const inGroup = findMapNode(host, mapId)?.other === true && this.#collapsed.has(otherMapsNode(host).id);
    return !inGroup && (this.#models.ready.length === 1 || !this.#collapsed.has(host.hostId));
  }

  #otherMaps(hostId: string): MapNode | undefined {
    const model = this.#models.get(hostId);
    const node = model === undefined ? undefined : otherMapsNode(hostMaps(model));
    return node === undefined ? undefined : (this.#nodes.get(node.id) ?? node);
  }

  /** The whole tree only when nodes came or went; else the maps whose figures changed. */
  #modelChanged(): void {
    const ready = this.#models.ready;
    const structure = JSON.stringify(
      ready.map(m => [
        m.host.definition.id,
        this.#hostChildren(m).map(structureOf),
        m.snapshot.attachments.map(a => [a.name, a.sockmapId]),
      ]),
    );
    this.#describe();
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.#nodes.clear();
      this.#latest.clear();
      this.#drawn.clear();
      this.#changed.fire(undefined);
      return;
    }
    for (const model of ready) {
      this.#otherMapsChanged(model);
    }
    for (const { model, attachment } of this.#models.attachments) {
      if (attachment.sockmapId !== null) {
        const id = `${model.host.definition.id}/map:${attachment.sockmapId}`;
        this.#hold.run(id, () => this.#redraw(id));
      }
    }
  }

  /** Maps below "Other Maps" come and go with every program that is loaded: only that group is drawn again. */
  #otherMapsChanged(model: HostModel): void {
    const host = hostMaps(model);
    const others = otherMapNodes(host);
    const group = otherMapsNode(host);
    const ids = others.map(map => map.id).join('\n');
    if (ids !== this.#rows.get(group.id)) {
      this.#rows.set(group.id, ids);
      this.#hold.run(group.id, () => {
        this.#latest.set(group.id, otherMapsNode(hostMaps(model)));
        this.#fire(group.id);
      });
    }
  }

  /** A map's row is drawn with all its rows: only when it would say something else. */
  #redraw(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined && String(this.#item(node).description) !== this.#drawn.get(id)) {
      this.#changed.fire(node);
    }
  }

  /** While the rows stay the same ones, only those whose figures changed are drawn again. */
  #rowsChanged(hostId: string, mapId: number): void {
    const parent = `${hostId}/map:${mapId}`;
    const rows = this.#windows.nodes(hostId, mapId);
    const ids = rows.map(row => row.id).join('\n');
    if (ids !== this.#rows.get(parent) || rows.some(row => row.kind === 'note')) {
      this.#rows.set(parent, ids);
      this.#fire(parent);
      return;
    }
    // Until a hold ends newer rows may be drawn.
    this.#hold.run(`${parent}/rows`, () => this.#redrawRows(this.#windows.nodes(hostId, mapId)));
  }

  #redrawRows(rows: readonly MapNode[]): void {
    const changed: MapNode[] = [];
    for (const row of rows) {
      const held = this.#nodes.get(row.id);
      if (held !== undefined && JSON.stringify(row) !== JSON.stringify(this.node(row.id))) {
        this.#latest.set(row.id, row);
        changed.push(held);
      }
    }
    if (changed.length > 0) {
      this.#changed.fire(changed);
    }
  }

  #fire(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) {
      this.#changed.fire(node);
    }
  }

  #describe(): void {
    const ready = this.#models.ready;
    const [only] = ready;
    const description = only !== undefined && ready.length === 1 ? only.host.definition.label : '';
    const { socketFilter, socketOrder } = this.#state.value;
    const lines: string[] = [];
    for (const { host, snapshot } of ready) {
      if (snapshot.error !== undefined) {
        lines.push(`${host.definition.label}: ${snapshot.error.message}`);
      }
    }
    if (socketFilter !== undefined) {
      lines.push(vscode.l10n.t('Sockets that contain "{0}"', socketFilter));
    }
    if (socketOrder !== undefined) {
      const column = columnName(socketOrder.column);
      lines.push(
        socketOrder.descending
          ? vscode.l10n.t('Sorted by {0}, largest first', column)
          : vscode.l10n.t('Sorted by {0}', column),
      );
    }
    const message = ready.length === 0 ? '' : lines.join(' · ');
    // Writing the same again would lay out the view and close a tooltip.
    if (this.#view.description !== description) {
      this.#view.description = description;
    }
    if ((this.#view.message ?? '') !== message) {
      this.#view.message = message;
    }
  }
}

/** What makes a row of the first level another one. */
function structureOf(node: MapNode): readonly unknown[] {
  if (node.kind === 'note') {
    return [node.note, node.message];
  }
  return node.kind === 'map' ? [node.id, node.attachment] : [node.id];
}

function hostMaps(model: HostModel): HostMaps {
  const { maps, attachments } = model.snapshot;
  return { hostId: model.host.definition.id, maps, attachments };
}
