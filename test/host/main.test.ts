// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { COMMANDS, LOG_SCHEME, SETTINGS, SETTING_SECTION } from '../../extension/contrib/ids';
import { agent, eventually, extensionLog, mountOf, succeed, workspaceFile } from './helpers';
import { REFUSED_SOURCE } from './sources';

const exec = promisify(execFile);
const name = `sockmap-test-${process.pid}-host`;

async function pinned(): Promise<boolean> {
  return existsSync(join(await mountOf('bpf'), 'sockmap', name));
}

describe('commands that are given all they need ask nothing', () => {
  let cgroup: string;
  const target = () => ({
    hostId: 'local',
    file: 'builtin',
    cgroup: `/${basename(cgroup)}`,
    attachment: name,
  });

  before(async () => {
    cgroup = join(await mountOf('cgroup2'), name);
    await mkdir(cgroup);
  });

  after(async () => {
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
    await rmdir(cgroup);
  });

  it('attaches the built-in datapath to a cgroup', async () => {
    const start = performance.now();
    await succeed(COMMANDS.attach, target());
    assert.ok(await pinned());
    const { stdout } = await exec('bpftool', ['cgroup', 'show', cgroup]);
    assert.match(stdout, /sock_ops/);
    assert.ok(performance.now() - start < 30_000);
  });

  it('a second attachment of that name is refused and the first stays', async () => {
    const refused = vscode.commands.executeCommand(COMMANDS.attach, target());
    await eventually('the refusal', async () =>
      (await extensionLog()).includes('[error] command attach: An attachment named') ? true : undefined,
    );
    // The command ends when its message is answered.
    await vscode.commands.executeCommand('notifications.clearAll');
    await refused;
    assert.ok(await pinned());
  });

  it('detaches and leaves nothing', async () => {
    await succeed(COMMANDS.detach, target());
    assert.equal(await pinned(), false);
    const { stdout } = await exec('bpftool', ['cgroup', 'show', cgroup]);
    assert.equal(stdout.trim(), '');
  });

  it('attaches with the settings that hold at that moment', async () => {
    const settings = vscode.workspace.getConfiguration(SETTING_SECTION);
    const changed = { pairing: 'tuple', maxSockets: 4096, edgeReaders: true, policyFile: 'one.policy' };
    await writeFile(workspaceFile('one.policy'), 'chain --ip 10.0.0.0/8 -j RETURN\n');
    try {
      for (const [key, value] of Object.entries(changed)) {
        await settings.update(key, value, vscode.ConfigurationTarget.Global);
      }
      await succeed(COMMANDS.attach, target());
      const { attachments } = await agent('status', 'status');
      const attachment = attachments.find(one => one.name === name);
      assert.equal(attachment?.pairing?.by, 'tuple');
      assert.equal(attachment.policyRules, 1);
      assert.equal((await agent('stats', 'stats', '--name', name)).capacity, 4096);
      assert.ok(attachment.programs.some(program => program.name === 'sm_gate'));
    } finally {
      for (const key of Object.keys(changed)) {
        await settings.update(key, undefined, vscode.ConfigurationTarget.Global);
      }
      await succeed(COMMANDS.detach, target());
    }
  });
});

describe('the policy file of the settings', () => {
  const uri = () => vscode.Uri.file(workspaceFile('wrong.policy'));
  const settings = () => vscode.workspace.getConfiguration(SETTING_SECTION);
  const marks = () => vscode.languages.getDiagnostics(uri());

  let cgroup: string;

  before(async () => {
    cgroup = join(await mountOf('cgroup2'), `${name}-policy`);
    await mkdir(cgroup);
    await settings().update('policyFile', 'wrong.policy', vscode.ConfigurationTarget.Global);
  });

  after(async () => {
    await settings().update('policyFile', undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.commands.executeCommand(COMMANDS.disconnect, { hostId: 'local' });
    await rmdir(cgroup);
  });

  /** Attaches with this policy, and opens the file by the first button of the message. */
  async function refuse(text: string, wrong: string): Promise<vscode.TextEditor> {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await writeFile(workspaceFile('wrong.policy'), text);
    const target = {
      hostId: 'local',
      file: 'builtin',
      cgroup: `/${basename(cgroup)}`,
      attachment: `${name}-never`,
    };
    const refused = vscode.commands.executeCommand(COMMANDS.attach, target);
    await eventually('the mark', () => marks().some(({ message }) => message.includes(wrong)) || undefined);
    return eventually('the policy file', async () => {
      await vscode.commands.executeCommand('notification.acceptPrimaryAction');
      const editor = vscode.window.activeTextEditor;
      if (editor?.document.uri.fsPath !== uri().fsPath) return undefined;
      await refused;
      return editor;
    });
  }

  it('is refused for its form before an agent sees it, with the mistake marked', async () => {
    const { document, selection } = await refuse('# größer\nchain --prot 80 -j RETURN\n', '--prot');
    const [mark] = marks();
    assert.ok(mark);
    assert.equal(document.getText(mark.range), '--prot');
    assert.equal(document.getText(selection), '--prot');
    assert.ok(!(await extensionLog()).includes(`attached ${name}-never`));
  });

  it('is refused by the agent in the same way, and the mark ends with the next change', async () => {
    const editor = await refuse('chain --port 99999 -j RETURN\n', '99999');
    const [mark] = marks();
    assert.ok(mark);
    assert.equal(editor.document.getText(mark.range), '99999');
    assert.doesNotMatch(mark.message, /^Line/);
    await editor.edit(edit => edit.replace(mark.range, '80'));
    await eventually('the end of the mark', () => (marks().length === 0 ? true : undefined));
    await editor.document.save();
  });
});

describe('building and verifying', () => {
  it('compiles a header as it is typed', async () => {
    const path = workspaceFile('with-header.bpf.c');
    const header = workspaceFile('typed.h');
    await writeFile(header, '#error old\n');
    await writeFile(path, '#include "typed.h"\nint f(void)\n{\n\treturn TYPED;\n}\n');
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(header));
    const all = new vscode.Range(0, 0, editor.document.lineCount, 0);
    await editor.edit(edit => edit.replace(all, '#define TYPED 1\n'));
    assert.equal(editor.document.isDirty, true);
    await succeed(COMMANDS.build, { file: path });
    assert.equal(editor.document.isDirty, false);
    assert.deepEqual(vscode.languages.getDiagnostics(vscode.Uri.file(header)), []);
    await vscode.commands.executeCommand('notifications.clearAll');
  });

  it('puts compiler errors where they are, and takes them off', async () => {
    const path = workspaceFile('wrong.bpf.c');
    const uri = vscode.Uri.file(path);
    await writeFile(path, 'int f(void)\n{\n\treturn missing;\n}\n');
    void vscode.commands.executeCommand(COMMANDS.build, { file: path });
    const [diagnostic] = await eventually('the error', () => {
      const found = vscode.languages.getDiagnostics(uri).filter(d => d.source === 'clang');
      return found.length > 0 ? found : undefined;
    });
    assert.ok(diagnostic);
    assert.match(diagnostic.message, /undeclared identifier 'missing'/);
    assert.deepEqual([diagnostic.range.start.line, diagnostic.range.start.character], [2, 8]);
    await writeFile(path, 'int f(void)\n{\n\treturn 0;\n}\n');
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand(COMMANDS.build, { file: path });
    assert.deepEqual(vscode.languages.getDiagnostics(uri), []);
  });

  it('keeps the log of a refused program as a read-only document', async () => {
    const path = workspaceFile('refused.bpf.c');
    await writeFile(path, REFUSED_SOURCE);
    void vscode.commands.executeCommand(COMMANDS.verify, { hostId: 'local', file: path });
    const uri = vscode.Uri.from({ scheme: LOG_SCHEME, path: '/Local/refused.bpf.o/refused.log' });
    const text = await eventually('the log', async () => {
      const document = await vscode.workspace.openTextDocument(uri);
      return document.getText().includes('invalid access to packet') ? document.getText() : undefined;
    });
    assert.match(text, /processed \d+ insns/);
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.workspace.openTextDocument(path);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      vscode.Uri.file(path),
    );
    const [show] = lenses.flatMap(({ command }) =>
      command?.command === COMMANDS.showVerifierLog ? command : [],
    );
    assert.ok(show);
    await vscode.commands.executeCommand(show.command, ...((show.arguments ?? []) as unknown[]));
    await eventually('the panel at the error', async () => {
      // Without a log yet the command ends when its message is answered.
      void vscode.commands.executeCommand(COMMANDS.copyVerifierLogLine);
      return /r\d = \*\(u8 \*\)/.test(await vscode.env.clipboard.readText()) || undefined;
    });
    await vscode.commands.executeCommand('notifications.clearAll');
    await vscode.commands.executeCommand(COMMANDS.openVerifierLogAsText);
    assert.equal(vscode.window.activeTextEditor?.document.languageId, 'sockmap-verifier-log');
    assert.equal(vscode.window.activeTextEditor.document.uri.toString(), uri.toString());
  });

  it('nothing of a refused or verified program stays in bpffs', async () => {
    const folder = join(await mountOf('bpf'), 'sockmap');
    const names = existsSync(folder) ? await readdir(folder) : [];
    assert.deepEqual(
      names.filter(entry => entry.startsWith('refused')),
      [],
    );
  });
});

describe('diagnostics', () => {
  it('have no name of a host that was removed, although the log tells of it', async () => {
    const settings = vscode.workspace.getConfiguration(SETTING_SECTION);
    const hosts = [{ destination: 'alice@secret.invalid', label: 'Payments' }];
    await settings.update('hosts', hosts, vscode.ConfigurationTarget.Global);
    const refused = vscode.commands.executeCommand(COMMANDS.connect, { hostId: 'ssh:alice@secret.invalid' });
    await eventually('the refusal', async () =>
      (await extensionLog()).includes('[error] command connect:') ? true : undefined,
    );
    // The command ends when its message is answered.
    await vscode.commands.executeCommand('notifications.clearAll');
    await refused;
    await settings.update('hosts', undefined, vscode.ConfigurationTarget.Global);
    const log = await extensionLog();
    assert.match(log, /command connect \{"hostId":"<host-\d>"\}/);
    assert.doesNotMatch(log, /alice|secret|Payments/);
  });
});

describe('settings', () => {
  it('every setting has the default that the manifest says', () => {
    const configuration = vscode.workspace.getConfiguration(SETTING_SECTION);
    for (const key of SETTINGS) {
      assert.notEqual(configuration.inspect(key)?.defaultValue, undefined, key);
    }
  });
});
