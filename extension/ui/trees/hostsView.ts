// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { VIEWS } from '../../contrib/ids';
import type { HostState, Problem } from '../../core/hosts';
import {
  type HostContents,
  type HostsNode,
  attachmentChildren,
  attachmentId,
  attachmentNode,
  otherProgramsNode,
  programTypeNodes,
  programsOfType,
} from '../../core/hostsTree';
import type { Hold } from '../../core/hold';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import type { Attachment } from '../../protocol/agent';
import type { HostModel } from '../model/hostModel';
import type { HostModels } from '../model/hostModels';
import { type HostItemContext, hostCopyText, hostTooltip, hostTreeItem } from './hostItems';

export interface HostsViewOptions {
  readonly connect: (hostId: string) => void;
  readonly hold: Hold;
  readonly isBuiltin: (object: Attachment['object']) => boolean;
}

/** The Hosts view: hosts, what is attached on them, and the other programs there. */
export class HostsView implements vscode.TreeDataProvider<HostsNode>, Disposable {
  readonly #models: HostModels;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<HostsNode | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #view: vscode.TreeView<HostsNode>;
  /** The node that VS Code holds for an id. */
  readonly #nodes = new Map<string, HostsNode>();
  /** What the rows of attachments said when VS Code asked for them last, whatever made it ask. */
  readonly #drawn = new Map<string, string>();
  readonly #options: HostsViewOptions;
  readonly #states = new Map<string, { readonly kind: HostState['kind']; readonly structure: string }>();
  #demand: Disposable | undefined;

  constructor(models: HostModels, options: HostsViewOptions) {
    this.#options = options;
    this.#models = models;
    this.#view = this.#store.add(
      vscode.window.createTreeView<HostsNode>(VIEWS.hosts, {
        treeDataProvider: this,
        showCollapseAll: true,
      }),
    );
    this.#store.add(this.#view.onDidChangeVisibility(() => this.#look()));
    this.#store.add(
      this.#view.onDidExpandElement(({ element }) => {
        const state = models.get(element.hostId)?.host.state.kind;
        if (element.kind === 'host' && state === 'idle') {
          options.connect(element.hostId);
        }
      }),
    );
    this.#store.add(models.onDidChange(model => this.#modelChanged(model)));
    this.#look();
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  get onDidChangeVisibility(): vscode.Event<vscode.TreeViewVisibilityChangeEvent> {
    return this.#view.onDidChangeVisibility;
  }

  getTreeItem(node: HostsNode): vscode.TreeItem {
    const item = this.#item(node);
    if (node.kind === 'attachment') {
      this.#drawn.set(node.id, String(item.description));
    }
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: HostsNode): vscode.TreeItem {
    this.#options.hold.take();
    item.tooltip = hostTooltip(this.#latest(node), this.#context(node)) ?? item.tooltip;
    return item;
  }

  /** The newest node of an id that was shown; the selected one without an id. */
  node(id: string | undefined): HostsNode | undefined {
    const node = id === undefined ? this.#view.selection[0] : this.#nodes.get(id);
    return node === undefined ? undefined : this.#latest(node);
  }

  /** What Copy Value puts on the clipboard for a node. */
  copyText(id: string | undefined): string | undefined {
    const node = this.node(id);
    return node === undefined ? undefined : hostCopyText(node, this.#context(node));
  }

  getChildren(node?: HostsNode): HostsNode[] {
    const children = this.#childrenOf(node);
    for (const child of children) {
      this.#nodes.set(child.id, child);
    }
    return [...children];
  }

  getParent(node: HostsNode): HostsNode | undefined {
    const host = this.#nodes.get(node.hostId);
    switch (node.kind) {
      case 'host':
        return undefined;
      case 'note':
      case 'attachment':
      case 'otherPrograms':
        return host;
      case 'programType':
        return { kind: 'otherPrograms', id: `${node.hostId}/other`, hostId: node.hostId, count: 0 };
      case 'program':
        return node.attachment === undefined
          ? {
              kind: 'programType',
              id: `${node.hostId}/other/${node.type}`,
              hostId: node.hostId,
              type: node.type,
              count: 0,
            }
          : this.#attachment(node.hostId, node.attachment);
      case 'attachmentMap':
        return this.#attachment(node.hostId, node.attachment);
    }
  }

  dispose(): void {
    this.#demand?.dispose();
    this.#store.dispose();
  }

  #childrenOf(node: HostsNode | undefined): readonly HostsNode[] {
    if (node === undefined) {
      this.#nodes.clear();
      this.#drawn.clear();
      return this.#models.all.map(({ host }): HostsNode => {
        const { id } = host.definition;
        return { kind: 'host', id, hostId: id };
      });
    }
    const model = this.#models.get(node.hostId);
    return model === undefined ? [] : this.#children(node, model);
  }

  #children(node: HostsNode, model: HostModel): readonly HostsNode[] {
    switch (node.kind) {
      case 'host':
        return this.#hostChildren(model);
      case 'attachment':
        return attachmentChildren(contents(model), node.attachment);
      case 'otherPrograms':
        return programTypeNodes(contents(model));
      case 'programType':
        return programsOfType(contents(model), node.type);
      case 'note':
      case 'program':
      case 'attachmentMap':
        return [];
    }
  }

  #hostChildren(model: HostModel): readonly HostsNode[] {
    const { host, snapshot } = model;
    const { id } = host.definition;
    const { state } = host;
    switch (state.kind) {
      case 'idle':
        return [];
      case 'connecting':
        return [note(id, 'loading', state.stage)];
      case 'retrying':
      case 'failed':
        return [problemNote(id, state.problem)];
      case 'ready': {
        const limitations = state.problems.map(({ message, action }, index) =>
          note(id, 'limitation', message, action, `limitation:${index}`),
        );
        if (snapshot.error !== undefined) {
          limitations.push(note(id, 'limitation', snapshot.error.message, snapshot.error.action));
        }
        if (!snapshot.loaded) {
          return [...limitations, note(id, 'loading', vscode.l10n.t('Loading…'))];
        }
        const attachments: readonly HostsNode[] =
          snapshot.attachments.length > 0
            ? snapshot.attachments.map(a => attachmentNode(id, a))
            : [note(id, 'noAttachments', vscode.l10n.t('Nothing is attached'))];
        const others = otherProgramsNode(contents(model));
        return [...limitations, ...attachments, ...(others === undefined ? [] : [others])];
      }
    }
  }

  #item(node: HostsNode): vscode.TreeItem {
    return hostTreeItem(this.#latest(node), this.#context(node));
  }

  /** VS Code keeps the node that it got first. */
  #latest(node: HostsNode): HostsNode {
    return node.kind === 'attachment' ? (this.#attachment(node.hostId, node.attachment) ?? node) : node;
  }

  #attachment(hostId: string, name: string): HostsNode | undefined {
    const info = this.#models.get(hostId)?.snapshot.attachments.find(a => a.name === name);
    return info === undefined ? undefined : attachmentNode(hostId, info);
  }

  #context(node: HostsNode): HostItemContext {
    const model = this.#models.get(node.hostId);
    const latest = this.#latest(node);
    return {
      host: model?.host,
      rate: node.kind === 'attachment' ? model?.snapshot.rates.get(node.attachment) : undefined,
      builtin: latest.kind === 'attachment' && this.#options.isBuiltin(latest.info.object),
    };
  }

  #look(): void {
    if (this.#view.visible) {
      this.#demand ??= this.#models.demand(['stats', 'programs']);
    } else {
      this.#demand?.dispose();
      this.#demand = undefined;
    }
  }

  /** The whole tree when a host changed its state, a host when its items did, else rows that say something new. */
  #modelChanged(model: HostModel | undefined): void {
    if (model === undefined) {
      this.#changed.fire(undefined);
      return;
    }
    const { id } = model.host.definition;
    const { kind } = model.host.state;
    const { attachments, programs, loaded, error } = model.snapshot;
    const structure = JSON.stringify([
      model.host.state,
      loaded,
      error,
      attachments.map(a => [a.name, a.state, a.cgroup, a.programs, a.maps, a.warnings]),
      programs.map(p => [p.id, p.name, p.attachment]),
    ]);
    const before = this.#states.get(id);
    this.#states.set(id, { kind, structure });
    if (before?.kind !== kind) {
      // An item whose id changes (see hostItems) can only be read anew from above.
      this.#changed.fire(undefined);
    } else if (before.structure !== structure) {
      this.#changed.fire(this.#nodes.get(id));
    } else {
      for (const { name } of attachments) {
        const row = attachmentId(id, name);
        this.#options.hold.run(row, () => this.#redraw(row));
      }
    }
  }

  #redraw(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined && String(this.#item(node).description) !== this.#drawn.get(id)) {
      this.#changed.fire(node);
    }
  }
}

function contents(model: HostModel): HostContents {
  const { attachments, programs } = model.snapshot;
  return { hostId: model.host.definition.id, attachments, programs };
}

function problemNote(hostId: string, problem: Problem): HostsNode {
  return note(
    hostId,
    'problem',
    problem.message,
    [problem.action, problem.detail].filter(Boolean).join('\n'),
  );
}

function note(
  hostId: string,
  kind: (HostsNode & { kind: 'note' })['note'],
  message: string,
  detail?: string,
  id: string = kind,
): HostsNode {
  return {
    kind: 'note',
    id: `${hostId}/note:${id}`,
    hostId,
    note: kind,
    message,
    ...(detail === undefined || detail === '' ? {} : { detail }),
  };
}
