// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';

/**
 * The group to open a source in: where it is open already, in front if need be. A log that is an editor itself, in the
 * group `own`, is not covered: the source comes beside it.
 */
export function columnFor(uri: vscode.Uri, own: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const groups = vscode.window.tabGroups.all.filter(({ viewColumn }) => viewColumn !== own);
  const holds = (tab: vscode.Tab | undefined): boolean =>
    tab?.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString();
  const there =
    groups.find(({ activeTab }) => holds(activeTab)) ?? groups.find(({ tabs }) => tabs.some(holds));
  if (there !== undefined) return there.viewColumn;
  if (own === undefined) return vscode.ViewColumn.One;
  return groups[0]?.viewColumn ?? vscode.ViewColumn.Beside;
}
