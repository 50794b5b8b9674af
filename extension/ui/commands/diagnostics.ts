// SPDX-License-Identifier: Apache-2.0
import { homedir, hostname, userInfo } from 'node:os';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { SETTINGS } from '../../contrib/ids';
import { type Secret, redact } from '../../core/redact';
import {
  attachmentSecrets,
  cgroupSecrets,
  flagSecrets,
  hostSecrets,
  pathSecrets,
  targetsIn,
  textsIn,
} from '../../core/reportSecrets';
import type { HostModel } from '../model/hostModel';
import { withProgress } from '../progress';
import type { Services } from '../services';

/** Puts a report for a bug on the clipboard, with names of machines, users and folders replaced. */
export async function copyDiagnostics(services: Services): Promise<void> {
  const text = await withProgress(vscode.l10n.t('Sockmap: collecting diagnostics'), ({ signal }) =>
    report(services, signal),
  );
  await vscode.env.clipboard.writeText(redact(text, secrets(services)));
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      'Diagnostics are on the clipboard. Review them before you post them: only IP addresses, known names of hosts, users, attachments and cgroups, and home and workspace folders were replaced.',
    ),
  );
}

async function report(services: Services, signal: AbortSignal): Promise<string> {
  const settings = SETTINGS.map(key => `sockmap.${key}: ${JSON.stringify(services.config.get(key))}`);
  const hosts = await Promise.all(services.models.all.map(model => hostReport(model, signal)));
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

async function hostReport({ host, snapshot }: HostModel, signal: AbortSignal): Promise<string> {
  const lines = [`### ${host.definition.label}`, JSON.stringify(host.state)];
  const client = host.client;
  if (client !== undefined) {
    lines.push(
      ...snapshot.attachments.map(a => JSON.stringify(a)),
      ...[...snapshot.rates.values()].map(rate => JSON.stringify(rate)),
    );
    try {
      lines.push(JSON.stringify(await client.request('probe', {}, { signal }), undefined, 1));
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
      lines.push(`probe failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return lines.join('\n');
}

function secrets(services: Services): readonly Secret[] {
  return [
    ...machineSecrets(),
    ...hostsSecrets(services),
    ...settingSecrets(services),
    ...logSecrets(services),
  ];
}

function machineSecrets(): readonly Secret[] {
  const user = userInfo().username;
  return [
    { word: homedir(), placeholder: '<home>' },
    ...hostSecrets(hostname(), '<this-machine>'),
    ...hostSecrets(user, '<user>'),
    ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => ({
      word: uri.fsPath,
      placeholder: '<workspace>',
    })),
  ];
}

/** Of the setting as well: a window that is not trusted has no hosts, but its user's settings. */
function hostsSecrets({ config, names }: Services): readonly Secret[] {
  const seen = [...names.hosts.values()].flatMap((texts, index) =>
    [...texts].flatMap(text => hostSecrets(text, `<host-${index}>`)),
  );
  return [...seen, ...textsIn(config.get('hosts')).flatMap(text => hostSecrets(text, '<host>'))];
}

function settingSecrets({ config }: Services): readonly Secret[] {
  const keys = ['clang.path', 'ssh.path', 'agentPath', 'policyFile'] as const;
  return [
    ...keys.flatMap(key => [config.get(key), config.path(key)]).flatMap(pathSecrets),
    ...[...config.get('clang.flags'), ...config.clangFlags()].flatMap(flagSecrets),
  ];
}

function logSecrets({ config, log, names, state }: Services): readonly Secret[] {
  const lines = log.lines.join('\n');
  const { active, lastCgroup } = state.value;
  const folders = targetsIn(lines, 'file').map(dirname);
  return [
    ...attachmentSecrets(
      new Set([
        ...names.attachments,
        ...(active === undefined ? [] : [active.name]),
        ...targetsIn(lines, 'attachment'),
      ]),
    ),
    ...cgroupSecrets([
      ...names.cgroups,
      ...Object.values(lastCgroup),
      config.get('defaultCgroup'),
      ...targetsIn(lines, 'cgroup'),
    ]),
    ...folders.map(word => ({ word, placeholder: '<path>', whole: true })),
  ];
}
