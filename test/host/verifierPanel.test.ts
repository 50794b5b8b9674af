// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS, VERIFIER_EDITOR, VIEWS } from '../../extension/contrib/ids';
import { eventually, workspaceFile } from './helpers';

/** Refused at its third instruction. */
const LOG = [
  '0: R1=ctx() R10=fp0',
  '; int v = msg->size; @ linked.bpf.c:1',
  '0: (61) r2 = *(u32 *)(r1 +72)         ; R1=ctx() R2_w=scalar()',
  '; return *v; @ linked.bpf.c:3',
  '1: (61) r0 = *(u32 *)(r2 +0)',
  "R2 invalid mem access 'scalar'",
  'processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0',
  '',
].join('\n');
const AT_ERROR = '; return *v; @ linked.bpf.c:3\n1: (61) r0 = *(u32 *)(r2 +0)';

/** Waits until the selected line of the log, with its line of C, is the wanted one. */
function selected(wanted: string): Promise<true> {
  return eventually(`the line ${wanted}`, async () => {
    // While the panel has no log yet the command ends when its message is answered.
    void vscode.commands.executeCommand(COMMANDS.copyVerifierLogLine);
    return (await vscode.env.clipboard.readText()) === wanted || undefined;
  });
}

describe('the verifier log panel', () => {
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('opens the log in a file at the instruction at fault', async () => {
    const path = workspaceFile('a.log');
    await writeFile(path, LOG);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { file: path });
    await selected(AT_ERROR);
  });

  it('stays with its log when one is asked for that is gone', async () => {
    let ended = false;
    void vscode.commands
      .executeCommand(COMMANDS.showVerifierLog, { id: 'gone', hostId: 'local' })
      .then(() => (ended = true));
    // It says so, and ends when its message is answered.
    await eventually('the end of the command', async () => {
      await vscode.commands.executeCommand('notifications.clearAll');
      return ended || undefined;
    });
    await vscode.env.clipboard.writeText('');
    await selected(AT_ERROR);
  });

  it('opens the log on the clipboard, in the wrapping of libbpf', async () => {
    const marked = LOG.replaceAll('linked', 'copied');
    const wrapped = `libbpf: prog 'x': -- BEGIN PROG LOAD LOG --\n${marked}-- END PROG LOAD LOG --\n`;
    await vscode.env.clipboard.writeText(wrapped);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { id: 'clipboard' });
    await selected(AT_ERROR.replaceAll('linked', 'copied'));
  });

  it('opens the log in the active editor, and follows the cursor in the source', async () => {
    const source = workspaceFile('linked.bpf.c');
    await writeFile(source, 'int v = msg->size;\n\nreturn *v;\n');
    const document = await vscode.workspace.openTextDocument({ content: LOG });
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { id: 'editor' });
    await selected(AT_ERROR);
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(source));
    editor.selection = new vscode.Selection(2, 0, 2, 0);
    editor.selection = new vscode.Selection(0, 3, 0, 3);
    await selected(
      '; int v = msg->size; @ linked.bpf.c:1\n0: (61) r2 = *(u32 *)(r1 +72)         ; R1=ctx() R2_w=scalar()',
    );
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand(COMMANDS.goToVerifierLogSource);
    const opened = await eventually('the source', () => {
      const active = vscode.window.visibleTextEditors.find(({ document: d }) => d.uri.fsPath === source);
      return active;
    });
    assert.equal(opened.selection.active.line, 0);
    // The log has put the cursor there itself: it stays where it is until the cursor moves on.
    opened.selection = new vscode.Selection(2, 0, 2, 0);
    await selected(AT_ERROR);
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('is a view of the panel area, and an editor', async () => {
    await vscode.commands.executeCommand(`${VIEWS.verifierLog}.focus`);
    // A page that has just got the focus says so, which must not come after the editor is there.
    await vscode.env.clipboard.writeText('');
    await selected(AT_ERROR);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLogInEditor);
    const input = await eventually('the editor', () => {
      const found = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return found instanceof vscode.TabInputWebview ? found : undefined;
    });
    assert.match(input.viewType, new RegExp(`${VERIFIER_EDITOR}$`));
    await eventually('the title', () => {
      const label = vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? '';
      return label.endsWith(' · Verifier Log') || undefined;
    });
  });

  it('as an editor is not covered by the source that it opens', async () => {
    const source = workspaceFile('linked.bpf.c');
    const groups = () => vscode.window.tabGroups.all.map(({ activeTab }) => activeTab?.input);
    // Beside it first, then where it is open already.
    for (let times = 0; times < 2; times++) {
      await vscode.commands.executeCommand('workbench.action.focusFirstEditorGroup');
      await vscode.env.clipboard.writeText('');
      await selected(AT_ERROR);
      await vscode.commands.executeCommand(COMMANDS.goToVerifierLogSource);
      await eventually('the source beside the log', () => {
        const [log, text, ...others] = groups();
        const isThere = text instanceof vscode.TabInputText && text.uri.fsPath === source;
        return (log instanceof vscode.TabInputWebview && isThere && others.length === 0) || undefined;
      });
    }
    assert.equal(vscode.window.tabGroups.all[1]?.tabs.length, 1);
  });
});
