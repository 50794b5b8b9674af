// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { SETTING_SECTION, type SettingKey, type SettingTypes } from '../contrib/ids';
import type { Logger } from '../core/logger';
import { readSettingLimits, type SettingLimits, withinLimits } from '../core/settingLimits';
import type { Disposable } from '../core/util/disposable';
import { PAIRING_CHOICES } from '../protocol/agent';
import { offer, openSettingsOffer } from './offer';

/** Whether a value that a person may have typed by hand is one of the setting's type. */
const CHECKS: { readonly [K in SettingKey]: (value: unknown) => value is SettingTypes[K] } = {
  'clang.path': isText,
  'clang.flags': isTextList,
  'ssh.path': isText,
  agentPath: isText,
  // Its elements are read one by one with a message for each bad one.
  hosts: (value): value is readonly unknown[] => Array.isArray(value),
  defaultCgroup: isText,
  pairing: (value): value is SettingTypes['pairing'] => PAIRING_CHOICES.some(one => one === value),
  maxSockets: isNumber,
  edgeReaders: isBoolean,
  policyFile: isText,
  refreshInterval: isNumber,
  'detach.drainTimeout': isNumber,
  'verify.logLevel': isNumber,
  'verify.keepRuns': isNumber,
  'editor.codeLens': isBoolean,
  'editor.lineVisits': isBoolean,
  'verifierLog.followCursor': isBoolean,
};

/** More of a value would fill the message. */
const SHOWN_VALUE = 60;

/** Typed settings within the limits of the manifest. Nothing is cached: every read sees the current value. */
export class Config {
  readonly #limits: ReadonlyMap<string, SettingLimits>;
  readonly #log: Logger;
  readonly #told = new Set<string>();
  /** Ends when the last change of the list of hosts was written; never rejects. */
  #hostsWritten: Promise<void> = Promise.resolve();

  constructor(packageJson: unknown, log: Logger) {
    this.#limits = readSettingLimits(packageJson);
    this.#log = log;
  }

  get<K extends SettingKey>(key: K, scope?: vscode.Uri): SettingTypes[K] {
    const configuration = vscode.workspace.getConfiguration(SETTING_SECTION, scope);
    const written: unknown = configuration.get(key);
    const value = withinLimits(this.#limits.get(`${SETTING_SECTION}.${key}`) ?? {}, written);
    const used = CHECKS[key](value) ? value : this.#default(key, configuration);
    if (used !== written) {
      const [wrong, right] = [written, used].map(one => JSON.stringify(one).slice(0, SHOWN_VALUE));
      this.complain(
        key,
        vscode.l10n.t(
          '{0} cannot be {1}, so {2} is used.',
          `${SETTING_SECTION}.${key}`,
          wrong ?? '',
          right ?? '',
        ),
      );
    }
    return used;
  }

  /** Says once what is wrong with a setting, with the way to it. */
  complain(key: SettingKey, message: string): void {
    if (this.#told.has(message)) {
      return;
    }
    this.#told.add(message);
    this.#log.warn(message);
    void offer('warning', message, openSettingsOffer(key));
  }

  /** A path or argument with `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}` replaced. */
  path(key: 'clang.path' | 'ssh.path' | 'agentPath' | 'policyFile', scope?: vscode.Uri): string {
    return substitute(this.get(key, scope), scope);
  }

  clangFlags(scope?: vscode.Uri): string[] {
    return this.get('clang.flags', scope).map(flag => substitute(flag, scope));
  }

  /** As {@link path}, for a path within a setting of another form. */
  expand(path: string): string {
    return substitute(path, undefined);
  }

  /** One change after the other, so that each is made to the list as the one before left it. */
  changeHosts(change: (hosts: readonly unknown[]) => readonly unknown[]): Promise<void> {
    const written = this.#hostsWritten.then(() => this.#setHosts(change(this.get('hosts'))));
    this.#hostsWritten = written.catch(() => undefined);
    return written;
  }

  async #setHosts(hosts: readonly unknown[]): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(SETTING_SECTION);
    const inWorkspace = configuration.inspect('hosts')?.workspaceValue !== undefined;
    const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await configuration.update('hosts', hosts, target);
  }

  /** Where the person set it, else in the user's settings. */
  async toggle(key: 'editor.lineVisits'): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(SETTING_SECTION);
    const inWorkspace = configuration.inspect(key)?.workspaceValue !== undefined;
    const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await configuration.update(key, !this.get(key), target);
  }

  #default<K extends SettingKey>(key: K, configuration: vscode.WorkspaceConfiguration): SettingTypes[K] {
    const value: unknown = configuration.inspect(key)?.defaultValue;
    if (CHECKS[key](value)) {
      return value;
    }
    throw new Error(`Setting ${SETTING_SECTION}.${key} has no default.`);
  }

  onDidChange(key: SettingKey, listener: () => void): Disposable {
    return vscode.workspace.onDidChangeConfiguration(event => {
      if (event.affectsConfiguration(`${SETTING_SECTION}.${key}`)) {
        listener();
      }
    });
  }
}

function substitute(text: string, scope: vscode.Uri | undefined): string {
  const folder =
    scope === undefined
      ? vscode.workspace.workspaceFolders?.[0]
      : (vscode.workspace.getWorkspaceFolder(scope) ?? vscode.workspace.workspaceFolders?.[0]);
  const home = process.env['HOME'] ?? process.env['USERPROFILE'] ?? '';
  return text
    .replace(/^~(?=$|[\\/])/, home)
    .replace(/\$\{(workspaceFolder|userHome|env:([^}]+))\}/g, (_, name: string, variable?: string) => {
      if (name === 'workspaceFolder') {
        return folder?.uri.fsPath ?? '';
      }
      return name === 'userHome' ? home : (process.env[variable ?? ''] ?? '');
    });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
