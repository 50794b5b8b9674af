// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import * as vscode from 'vscode';
import {
  createBuilder,
  createHostRegistry,
  type HostRegistry,
  listSshConfigHosts,
  systemClock,
} from './host';
import { createUi } from './ui/activate';
import { Config } from './ui/config';
import { RecentLog } from './ui/recentLog';

/** What other extensions see. */
export interface Activation {
  /** Milliseconds that activate() took. */
  readonly activatedInMs: number;
}

/** Composition only: nothing is awaited, no process is started. */
export function activate(context: vscode.ExtensionContext): Activation {
  const start = performance.now();
  const packageJson: unknown = context.extension.packageJSON;
  const version = versionOf(packageJson);
  const channel = vscode.window.createOutputChannel('Sockmap', { log: true });
  const log = new RecentLog(channel);
  const config = new Config(packageJson, log);
  const registry = createHostRegistry({
    agentFolder: context.asAbsolutePath(join('dist', 'agent')),
    version,
    logger: log,
    agentPath: () => config.path('agentPath'),
    sshPath: () => config.path('ssh.path'),
  });
  const ui = createUi({
    log,
    channel,
    config,
    registry,
    builder: createBuilder({
      logger: log,
      remotes: () => buildHosts(registry),
      sshPath: () => config.path('ssh.path'),
    }),
    clock: systemClock,
    memento: context.workspaceState,
    extensionUri: context.extensionUri,
    listSshHosts: () => listSshConfigHosts(),
    builtinObject: context.asAbsolutePath(join('dist', 'bpf', 'sockmap.bpf.o')),
    buildDir: (context.storageUri ?? context.globalStorageUri).fsPath,
    extensionVersion: version,
  });
  context.subscriptions.push(channel, registry, ui);
  const activatedInMs = performance.now() - start;
  log.info(`Sockmap ${version} was activated in ${activatedInMs.toFixed(1)} ms`);
  return { activatedInMs };
}

/** SSH hosts that may compile when this machine has no clang: connected ones only, a build asks for no login. */
function buildHosts(registry: HostRegistry) {
  return registry.hosts.flatMap(({ definition, state }) =>
    definition.kind === 'ssh' && state.kind === 'ready'
      ? [{ label: definition.label, target: definition }]
      : [],
  );
}

function versionOf(packageJson: unknown): string {
  const version: unknown =
    typeof packageJson === 'object' && packageJson !== null ? Reflect.get(packageJson, 'version') : undefined;
  return typeof version === 'string' ? version : '0.0.0';
}
