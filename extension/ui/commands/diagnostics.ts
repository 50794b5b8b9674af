// SPDX-License-Identifier: Apache-2.0
import { homedir, hostname, userInfo } from 'node:os';
import * as vscode from 'vscode';
import { SETTINGS } from '../../contrib/ids';
import { type Secret, redact } from '../../core/redact';
import type { HostModel } from '../model/hostModel';
import type { Services } from '../services';

/** Puts a report for a bug on the clipboard, with names of machines, users and folders replaced. */
export async function copyDiagnostics(services: Services): Promise<void> {
  const text = redact(await report(services), secrets(services));
  await vscode.env.clipboard.writeText(text);
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Diagnostics are on the clipboard. Host names, user names and paths were replaced.'),
  );
}

async function report(services: Services): Promise<string> {
  const settings = SETTINGS.map(key => `sockmap.${key}: ${JSON.stringify(services.config.get(key))}`);
  const hosts = await Promise.all(services.models.all.map(hostReport));
  return [
    '# Sockmap diagnostics',
    `Sockmap ${services.extensionVersion}, VS Code ${vscode.version} (${vscode.env.appHost}), Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `Workspace trusted: ${vscode.workspace.isTrusted}, remote: ${vscode.env.remoteName ?? 'none'}`,
    '## Settings',
    ...settings,
    '## Hosts',
    ...hosts,
    '## Log',
    ...services.log.lines,
    '',
  ].join('\n');
}

async function hostReport({ host, snapshot }: HostModel): Promise<string> {
  const lines = [`### ${host.definition.label}`, JSON.stringify(host.state)];
  const client = host.client;
  if (client !== undefined) {
    lines.push(
      ...snapshot.attachments.map(a => JSON.stringify(a)),
      ...[...snapshot.rates.values()].map(rate => JSON.stringify(rate)),
    );
    try {
      lines.push(JSON.stringify(await client.request('probe', {}), undefined, 1));
    } catch (error) {
      lines.push(`probe failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return lines.join('\n');
}

function secrets(services: Services): readonly Secret[] {
  const list: Secret[] = [
    { word: homedir(), placeholder: '<home>' },
    { word: hostname(), placeholder: '<this-machine>' },
  ];
  const user = userInfo().username;
  // "root" is in every path of a kernel message and names nobody.
  if (user !== 'root') {
    list.push({ word: user, placeholder: '<user>' });
  }
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    list.push({ word: folder.uri.fsPath, placeholder: '<workspace>' });
  }
  services.models.all.forEach(({ host }, index) => {
    const { definition, state } = host;
    if (definition.kind === 'ssh') {
      const name = `<host-${index}>`;
      const bare = definition.destination.slice(definition.destination.lastIndexOf('@') + 1);
      const words = [definition.destination, bare, definition.label, definition.configFile ?? ''];
      list.push(...words.map(word => ({ word, placeholder: name })));
      const at = definition.destination.lastIndexOf('@');
      if (at > 0) {
        list.push({ word: definition.destination.slice(0, at), placeholder: '<user>' });
      }
    }
    if (state.kind === 'ready') {
      list.push({ word: state.hostname, placeholder: `<host-${index}>` });
    }
  });
  return list.filter(({ word }) => word !== 'root' && word !== 'localhost');
}
