// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import { eventually, workspaceFile } from './helpers';
import { REFUSED_SOURCE } from './sources';

const ACCEPTED_PROGRAM = `
SEC("sk_msg")
int accepted(struct sk_msg_md *msg)
{
	__u32 sum = 0;

	for (__u32 i = 0; i < 8; i++)
		sum += bpf_get_prandom_u32();
	return sum == 1 ? SK_DROP : SK_PASS;
}
`;

describe('the verifier in the editor', () => {
  const path = workspaceFile('lenses.bpf.c');
  const uri = vscode.Uri.file(path);
  const settings = () => vscode.workspace.getConfiguration('sockmap');

  const lenses = async (): Promise<vscode.Command[]> => {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
    );
    return found.flatMap(({ command }) => command ?? []);
  };
  const hints = async (): Promise<{ line: string; label: string }[]> => {
    const document = await vscode.workspace.openTextDocument(uri);
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      new vscode.Range(0, 0, document.lineCount, 0),
    );
    return found.map(({ position, label }) => ({
      line: document.lineAt(position.line).text.trim(),
      label: typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
    }));
  };
  const verify = async () => {
    await vscode.commands.executeCommand('notifications.clearAll');
    // The command ends when its message is answered.
    void vscode.commands.executeCommand(COMMANDS.verify, { hostId: 'local', file: path });
  };

  before(async () => {
    await settings().update('verify.logLevel', 2, vscode.ConfigurationTarget.Global);
    await writeFile(path, REFUSED_SOURCE + ACCEPTED_PROGRAM);
    await vscode.window.showTextDocument(uri);
  });

  after(async () => {
    for (const key of ['verify.logLevel', 'editor.codeLens', 'editor.lineVisits'])
      await settings().update(key, undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
  });

  it('offers to verify each program, and tells what each host said once it did', async () => {
    const before = await lenses();
    assert.deepEqual(
      before.map(({ command }) => command),
      [COMMANDS.verify, COMMANDS.verify],
    );
    await verify();
    const after = await eventually('the verdicts', async () => {
      const found = await lenses();
      return found.length === 4 ? found : undefined;
    });
    assert.match(after[0]?.title ?? '', /^\$\(error\) Local \(\d+\.\d+.*\): \S/);
    assert.match(
      after[2]?.title ?? '',
      /^\$\(pass\) Local \(\d+\.\d+.*\): \d+ insns, \d+ states, \d+ B stack$/,
    );
    assert.equal(after[2]?.command, COMMANDS.showVerifierLog);
    const [target] = after[2].arguments as unknown[];
    await vscode.commands.executeCommand(COMMANDS.openVerifierLogAsText, target);
    assert.match(vscode.window.activeTextEditor?.document.uri.path ?? '', /accepted\.log$/);
    await vscode.window.showTextDocument(uri);
  });

  it('shows how often each line was visited once that is asked for', async () => {
    assert.deepEqual(await hints(), []);
    await vscode.commands.executeCommand(COMMANDS.toggleLineVisits);
    const found = await eventually('the visits', async () => {
      const all = await hints();
      return all.length > 0 ? all : undefined;
    });
    const loop = found.find(({ line }) => line.startsWith('sum += '));
    // Eight rounds, each of a call and what is done with its result.
    assert.ok(Number(/^(\d+) visits$/.exec(loop?.label ?? '')?.[1] ?? 0) >= 8, JSON.stringify(found));
  });

  it('says so when the file has changed since', async () => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), '/* one */\n');
    await vscode.workspace.applyEdit(edit);
    const stale = await lenses();
    assert.match(stale[0]?.title ?? '', /\(before the last change\)$/);
    const found = await hints();
    assert.ok(found.some(({ line }) => line.startsWith('sum += ')));
    for (const { label } of found) assert.match(label, /visits before your changes$/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('is silent when switched off', async () => {
    await settings().update('editor.codeLens', false, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand(COMMANDS.toggleLineVisits);
    await eventually('silence', async () => ((await lenses()).length === 0 ? true : undefined));
    assert.deepEqual(await hints(), []);
  });
});
