// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS, POLICY_SCHEME } from '../../extension/contrib/ids';
import { agent, eventually, mountOf, succeed, workspaceFile } from './helpers';

const name = `sockmap-test-${process.pid}-policy`;

describe('the policy of an attachment', () => {
  const target = { hostId: 'local', file: 'builtin', cgroup: `/${name}`, attachment: name };
  let cgroup: string;

  before(async () => {
    cgroup = join(await mountOf('cgroup2'), name);
    await mkdir(cgroup);
    await succeed(COMMANDS.attach, target);
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('notifications.clearAll');
    await succeed(COMMANDS.detach, target);
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
    await rmdir(cgroup);
  });

  const inForce = () => agent('policyGet', 'policy', 'show', '--name', name);

  /** Replaces the text of the document and saves it; what VS Code says of that. */
  async function save({ document }: vscode.TextEditor, text: string): Promise<boolean> {
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    await vscode.workspace.applyEdit(edit);
    return document.save();
  }

  async function open(): Promise<vscode.TextEditor> {
    await succeed(COMMANDS.editPolicy, target);
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.scheme, POLICY_SCHEME);
    return editor;
  }

  it('is a document that says how rules look while there are none', async () => {
    const { document } = await open();
    assert.match(document.getText(), /has no policy[^]*\n# chain --ip /);
    assert.equal(document.isDirty, false);
    assert.equal(document.languageId, 'sockmap-policy');
  });

  it('with a mistake is refused whole when it is saved, and the mistake is marked', async () => {
    const editor = await open();
    const { uri } = editor.document;
    const saved = await save(
      editor,
      '# größer 😀\nchain --ip 10.0.0.0/8 -j ACCEPT\n  chain --port 99999 -j RETURN\n',
    );
    assert.equal(saved, false);
    assert.equal(editor.document.isDirty, true);
    const [problem, ...more] = vscode.languages.getDiagnostics(uri);
    assert.ok(problem);
    assert.deepEqual(more, []);
    assert.equal(editor.document.getText(problem.range), '99999');
    assert.equal(problem.range.start.line, 2);
    assert.doesNotMatch(problem.message, /^Line/);
    assert.deepEqual((await inForce()).rules, []);
  });

  it('is in force once it is saved', async () => {
    const editor = await open();
    const text = 'chain --ip 10.0.0.0/8 -j ACCEPT\nchain --port 9999 -j RETURN # spliced\n';
    assert.equal(await save(editor, text), true);
    assert.deepEqual(vscode.languages.getDiagnostics(editor.document.uri), []);
    const policy = await inForce();
    assert.equal(policy.text, text);
    assert.deepEqual(
      policy.rules.map(({ action }) => action),
      ['ACCEPT', 'RETURN'],
    );
  });

  it('that somebody else set meanwhile is not overwritten, and read anew when it is opened again', async () => {
    const editor = await open();
    const { document } = editor;
    await agent('policySet', 'policy', 'clear', '--name', name);
    assert.equal(await save(editor, 'chain --port 80 -j ACCEPT\n'), false);
    assert.deepEqual((await inForce()).rules, []);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.match(document.getText(), /has no policy/);
    const elsewhere = workspaceFile('elsewhere.policy');
    await writeFile(elsewhere, 'chain --port 81 -j RETURN\n');
    await agent('policySet', 'policy', 'set', elsewhere, '--name', name);
    await open();
    await eventually('the policy that is in force now', () =>
      document.getText().startsWith('chain --port 81 ') ? true : undefined,
    );
  });

  it('that somebody else set to one of the same length is overwritten at the second saving only', async () => {
    const mine = 'chain --port 82 -j RETURN\n';
    const theirs = workspaceFile('theirs.policy');
    await writeFile(theirs, 'chain --port 83 -j RETURN\n');
    const editor = await open();
    assert.equal(await save(editor, 'chain --port 81 -j RETURN\n'), true);
    await agent('policySet', 'policy', 'set', theirs, '--name', name);
    assert.equal(await save(editor, mine), false);
    assert.match(JSON.stringify((await inForce()).rules), /83/);
    assert.equal(await save(editor, mine), true);
    assert.match(JSON.stringify((await inForce()).rules), /82/);
  });
});
