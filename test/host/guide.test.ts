// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import { eventually, succeed } from './helpers';

describe('the user guide', () => {
  after(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('opens as a preview', async () => {
    await succeed(COMMANDS.openGuide, {});
    const tab = await eventually('the preview', () =>
      vscode.window.tabGroups.activeTabGroup.activeTab?.label.includes('guide.md')
        ? vscode.window.tabGroups.activeTabGroup.activeTab
        : undefined,
    );
    assert.ok(tab.input instanceof vscode.TabInputWebview);
    assert.match(tab.input.viewType, /markdown\.preview$/);
  });
});
