// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, VERIFIER_EDITOR, VIEWS } from '../../extension/contrib/ids';
import { eventually } from './helpers';

describe('the verifier log panel', () => {
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('is a view of the panel area, and an editor', async () => {
    await vscode.commands.executeCommand(`${VIEWS.verifierLog}.focus`);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLogInEditor);
    const input = await eventually('the editor', () => {
      const found = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return found instanceof vscode.TabInputWebview ? found : undefined;
    });
    assert.match(input.viewType, new RegExp(`${VERIFIER_EDITOR}$`));
  });
});
