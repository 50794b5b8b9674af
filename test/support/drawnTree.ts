// SPDX-License-Identifier: Apache-2.0

interface Drawn<T> {
  readonly onDidChangeTreeData: (listener: (change: T | T[] | undefined) => void) => unknown;
  getTreeItem(node: T): { readonly description?: string | boolean };
  getChildren(node?: T): readonly T[];
}

/** What a tree says by id, every node of it open: as VS Code does, it asks for what it is told of and all below. */
export function drawTree<T extends { readonly id: string }>(view: Drawn<T>): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  const draw = (node: T): void => {
    shown.set(node.id, String(view.getTreeItem(node).description));
    view.getChildren(node).forEach(draw);
  };
  const drawAll = (): void => {
    shown.clear();
    view.getChildren().forEach(draw);
  };
  view.onDidChangeTreeData(change => {
    if (change === undefined) drawAll();
    else for (const node of [change].flat() as T[]) draw(node);
  });
  drawAll();
  return shown;
}
