// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS, HOST_TABLE } from '../../extension/contrib/ids';
import { eventually, workspaceFile } from './helpers';
import { REFUSED_SOURCE } from './sources';

describe('verifying on all hosts', () => {
  const path = workspaceFile('everywhere.bpf.c');
  const settings = () => vscode.workspace.getConfiguration('sockmap');

  after(async () => {
    await settings().update('hosts', undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
  });

  it('opens a table also when a host does not answer, and keeps the run of the one that does', async () => {
    // Port 1 of this machine: refused at once.
    const hosts = [{ destination: 'nobody@127.0.0.1', port: 1, label: 'Unreachable' }];
    await settings().update('hosts', hosts, vscode.ConfigurationTarget.Global);
    await writeFile(path, REFUSED_SOURCE);
    await vscode.commands.executeCommand(COMMANDS.verifyAllHosts, { file: path });
    const tab = await eventually('the table', () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputWebview ? input : undefined;
    });
    assert.match(tab.viewType, new RegExp(`${HOST_TABLE}$`));
    const [problem] = await eventually('the problem', () => {
      const found = vscode.languages.getDiagnostics(vscode.Uri.file(path));
      return found.length > 0 ? found : undefined;
    });
    assert.match(problem?.message ?? '', /Refused on Local/);
  });
});
