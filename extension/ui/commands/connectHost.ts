// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { Host } from '../../host/api';
import { withProgress } from '../progress';

/** Connects to a host, with a progress that says the stage and can be cancelled. */
export async function connectHost(host: Host): Promise<void> {
  const { label } = host.definition;
  await withProgress(vscode.l10n.t('Sockmap: connecting to {0}', label), async task => {
    const subscription = host.onDidChangeState(state => {
      if (state.kind === 'connecting') {
        task.report(state.stage);
      }
    });
    try {
      await host.connect(task.signal);
    } finally {
      subscription.dispose();
    }
  });
}
