// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import { VerifierLogs } from '../../extension/ui/documents/verifierLogs';
import { RunStore } from '../../extension/ui/runs/runStore';
import { madeRun } from '../unit/verifierRuns/runs';
import { eventually, workspaceFile } from './helpers';

/** Beyond what VS Code shares with extensions. */
const LONG = '0: (b7) r0 = 1                        ; R0_w=1\n'.repeat(1_300_000);

const activeText = (matches: (uri: vscode.Uri) => boolean): Promise<vscode.Uri> =>
  eventually('the text', () => {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    return input instanceof vscode.TabInputText && matches(input.uri) ? input.uri : undefined;
  });

describe('a log of 60 MB', () => {
  const ignore = (): void => undefined;
  const logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
  const path = workspaceFile('long.log');
  let folder: string;

  before(async () => {
    assert.ok(LONG.length > 60_000_000);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    folder = await mkdtemp(join(tmpdir(), 'sockmap-long-'));
    await writeFile(path, LONG);
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await rm(folder, { recursive: true, force: true });
    await rm(path);
  });

  it('in a file is opened as text, and from that editor in the panel', async () => {
    await assert.rejects(async () => vscode.workspace.openTextDocument(path), /50MB/);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { file: path });
    await vscode.commands.executeCommand(COMMANDS.openVerifierLogAsText, { id: `file:${path}` });
    await activeText(uri => uri.fsPath === path);
    await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { id: 'editor' });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('of a run is opened as a file that is gone with its tab', async () => {
    const store = new RunStore({ folder, logger, keep: () => 10 });
    const logs = new VerifierLogs(store);
    try {
      const run = madeRun({ program: 'long/one', logLines: 1_300_000 });
      store.add([{ run, log: LONG }]);
      const log = logs.of(run.id);
      assert.ok(log);
      await logs.show(log);
      const uri = await activeText(({ path: file }) => file.endsWith('/long_one.log'));
      assert.equal((await stat(uri.fsPath)).size, LONG.length);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await eventually('its end', async () =>
        (await stat(uri.fsPath).catch(() => undefined)) === undefined ? true : undefined,
      );
    } finally {
      logs.dispose();
      await store.settled;
      store.dispose();
    }
  });

  it('that was pasted is opened, and is gone with the extension', async () => {
    const store = new RunStore({ folder, logger, keep: () => 10 });
    const logs = new VerifierLogs(store);
    await logs.showText('Clipboard', LONG);
    const uri = await activeText(({ path: file }) => file.endsWith('/Clipboard.log'));
    logs.dispose();
    await assert.rejects(stat(uri.fsPath), /ENOENT/);
    await store.settled;
    store.dispose();
  });
});
