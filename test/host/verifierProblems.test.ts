// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import { eventually, judgedFile } from './helpers';
import { REFUSED_SOURCE } from './sources';

const FIXED_SOURCE = REFUSED_SOURCE.replace(
  '\treturn *first',
  '\tif ((void *)(first + 1) > msg->data_end)\n\t\treturn SK_PASS;\n\treturn *first',
);

describe('what the verifier refuses', () => {
  const { path, uri, found, verify } = judgedFile('problem.bpf.c');

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
  });

  it('is a problem on the line of C', async () => {
    await writeFile(path, REFUSED_SOURCE);
    await verify();
    const [problem] = await eventually('the problem', () => (found().length > 0 ? found() : undefined));
    assert.ok(problem);
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.getText(problem.range), 'return *first ? SK_PASS : SK_DROP;');
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.match(problem.message, /^refused: /);
    assert.match(problem.message, /Refused on Local \(\d+\.\d+/);
    assert.ok(problem.code !== undefined);
  });

  it('moves with the line, goes with it and comes back with it', async () => {
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const before = found()[0]?.range.start.line ?? -1;
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), '/* one */\n/* two */\n');
    await vscode.workspace.applyEdit(edit);
    await eventually('the move', () => found()[0]?.range.start.line === before + 2 || undefined);
    const line = document.lineAt(before + 2);
    const removal = new vscode.WorkspaceEdit();
    removal.replace(uri, line.range, '\treturn 1;');
    await vscode.workspace.applyEdit(removal);
    await eventually('the end', () => found().length === 0 || undefined);
    await vscode.commands.executeCommand('undo');
    await eventually('the return', () => found().length === 1 || undefined);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('is no problem any more once it is accepted', async () => {
    await writeFile(path, FIXED_SOURCE);
    await verify();
    await eventually('the acceptance', () => found().length === 0 || undefined);
    assert.match(await readFile(path, 'utf8'), /data_end/);
  });
});
