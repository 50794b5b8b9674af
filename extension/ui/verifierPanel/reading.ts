// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { ReadingTask } from '../../core/verifierPanel';
import type { Clock } from '../../core/util/clock';

/** What is read sooner needs no notification; the page tells how far it is from the start. */
const PATIENCE_MS = 1500;
const TICK_MS = 250;

/** Shows how far a long log is, with a way to leave its rest out. */
export function showReading({ title, share, stop, done }: ReadingTask, clock: Clock): void {
  const patience = clock.after(PATIENCE_MS, () => {
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Sockmap: reading the verifier log {0}', title),
      cancellable: true,
    };
    void vscode.window.withProgress(options, async (progress, token) => {
      const cancel = token.onCancellationRequested(stop);
      let told = 0;
      const tell = (): void => {
        const percent = Math.floor(share() * 100);
        progress.report({ increment: percent - told });
        told = percent;
        timer = clock.after(TICK_MS, tell);
      };
      let timer = clock.after(0, tell);
      await done;
      timer.dispose();
      cancel.dispose();
    });
  });
  void done.then(() => patience.dispose());
}
