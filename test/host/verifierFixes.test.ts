// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import { eventually, judgedFile } from './helpers';
import { REFUSED_SOURCE } from './sources';

describe('quick fixes for what the verifier refuses', () => {
  const { path, uri, found, verify } = judgedFile('fixable.bpf.c');

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
  });

  it('make the kernel accept the program', async () => {
    await writeFile(path, REFUSED_SOURCE);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    await verify();
    const [problem] = await eventually('the problem', () => (found().length > 0 ? found() : undefined));
    assert.ok(problem);
    const actions = await eventually('the quick fixes', async () => {
      const all = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        uri,
        problem.range,
        vscode.CodeActionKind.QuickFix.value,
      );
      return all.length > 0 ? all : undefined;
    });
    assert.ok(actions.some(({ command }) => command?.command === COMMANDS.showVerifierLog));
    const fix = actions.find(({ title }) => title.startsWith('Leave when'));
    assert.ok(fix?.edit, actions.map(({ title }) => title).join());
    await vscode.workspace.applyEdit(fix.edit);
    assert.ok(document.getText().includes('if ((void *)(first + 1) > (void *)(long)msg->data_end)'));
    await verify();
    await eventually('the acceptance', () => found().length === 0 || undefined);
  });
});
