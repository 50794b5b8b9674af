// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { COMMANDS, type CommandId, type CommandTarget } from '../../extension/contrib/ids';
import { type AgentMethod, type AgentResult, agentResults } from '../../extension/protocol/agent';

const exec = promisify(execFile);

export async function eventually<T>(
  what: string,
  check: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await check();
    if (found !== undefined) {
      return found;
    }
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** What the extension wrote to its log, as Copy Diagnostics has it. */
export async function extensionLog(): Promise<string> {
  await vscode.commands.executeCommand(COMMANDS.copyDiagnostics);
  const [, log = ''] = (await vscode.env.clipboard.readText()).split('## Log');
  return log.trim();
}

const ANSWER_MS = 30_000;

/**
 * Runs a command that is to succeed. One that fails ends only when its message is answered, which no test
 * can see: then this rejects.
 */
export async function succeed(command: CommandId, target: CommandTarget): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waits = new Promise<boolean>(resolve => {
    timer = setTimeout(() => {
      resolve(true);
    }, ANSWER_MS);
  });
  const done = vscode.commands.executeCommand(command, target).then(() => false);
  const waiting = await Promise.race([done, waits]);
  clearTimeout(timer);
  if (waiting) {
    await vscode.commands.executeCommand('notifications.clearAll');
    assert.fail(`${command} waits for an answer`);
  }
}

export async function mountOf(type: string): Promise<string> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const line = lines.find(text => text.includes(` - ${type} `));
  assert.ok(line, `no ${type} is mounted`);
  return line.split(' ')[4] ?? '';
}

/** What the agent says, asked past the extension. */
export async function agent<M extends AgentMethod>(method: M, ...args: string[]): Promise<AgentResult<M>> {
  const extension = vscode.extensions.getExtension('sockmap.sockmap');
  assert.ok(extension);
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const file = join(extension.extensionPath, 'dist', 'agent', architecture, 'sockmap-agent');
  const { stdout } = await exec(file, [...args, '--json']);
  return v.parse(agentResults[method], JSON.parse(stdout));
}

export function workspaceFile(file: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder);
  return join(folder.uri.fsPath, file);
}

/** A file of the workspace, its problems from the verifier, and a way to have it judged on this machine. */
export function judgedFile(name: string) {
  const path = workspaceFile(name);
  const uri = vscode.Uri.file(path);
  return {
    path,
    uri,
    found: () => vscode.languages.getDiagnostics(uri).filter(d => d.source === 'sockmap verifier'),
    verify: async () => {
      await vscode.commands.executeCommand('notifications.clearAll');
      // The command ends when its message is answered.
      void vscode.commands.executeCommand(COMMANDS.verify, { hostId: 'local', file: path });
    },
  };
}
