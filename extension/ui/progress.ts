// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';

export interface Task {
  /** Aborted by the Cancel button. */
  readonly signal: AbortSignal;
  readonly report: (message: string) => void;
}

/** Long work with a notification that shows its stages and can cancel it. */
export async function withProgress<T>(title: string, run: (task: Task) => Promise<T>): Promise<T> {
  return await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort());
      try {
        return await run({
          signal: abort.signal,
          report: message => progress.report({ message }),
        });
      } finally {
        subscription.dispose();
      }
    },
  );
}
