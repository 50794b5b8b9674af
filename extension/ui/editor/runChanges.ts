// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { SettingKey } from '../../contrib/ids';
import type { DisposableStore } from '../../core/util/disposable';
import type { Config } from '../config';
import type { RunStore } from '../runs/runStore';

/** Sources of programs, and what they include. */
export const C_FILES: vscode.DocumentSelector = { scheme: 'file', pattern: '**/*.{c,h}' };

/** Fires when a provider that shows runs has something else to show: a new run, or its setting was changed. */
export function runChanges(
  store: DisposableStore,
  runs: RunStore,
  config: Config,
  setting: SettingKey,
): vscode.EventEmitter<void> {
  const changed = store.add(new vscode.EventEmitter<void>());
  const fire = () => changed.fire();
  store.add(runs.onDidChange(fire));
  store.add(config.onDidChange(setting, fire));
  return changed;
}
