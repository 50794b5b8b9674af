// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';

/** An item that VS Code recognizes by the id of its node. */
export function treeItem(
  node: { readonly id: string },
  label: string,
  state: vscode.TreeItemCollapsibleState,
  icon: string,
): vscode.TreeItem {
  const item = new vscode.TreeItem(label, state);
  item.id = node.id;
  item.iconPath = new vscode.ThemeIcon(icon);
  return item;
}
