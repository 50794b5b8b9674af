// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { formatBytes } from '../../core/format';
import type { Host } from '../../host/api';
import type { DetachResult } from '../../protocol/agent';
import { isCancellation } from '../errors';
import { withProgress } from '../progress';
import type { Services } from '../services';
import { chooseAttachment } from './chooseAttachment';
import type { Invocation } from './invocation';

/** Sockets that a message names before it says how many more there are. */
const NAMED = 3;

/** Stops redirecting, waits until every redirected byte was read, and removes what was attached. */
export async function detach(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const chosen = await chooseAttachment(services, invocation, { title: vscode.l10n.t('Detach') });
  if (chosen === undefined) {
    return;
  }
  const { host, name } = chosen;
  let result = await drain(services, host, name, false);
  while (result?.removed !== true) {
    const answer = await (result === undefined ? undefined : askAboutRest(result));
    if (answer === undefined && !(await goOnDraining(services, host, name))) {
      return;
    }
    result = await drain(services, host, name, answer === 'drop');
  }
  services.log.info(
    `detached ${name} on ${host.definition.label}: ${result.drainedSockets} sockets drained, ${result.lostBytes} bytes given up`,
  );
  void vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) {0} is detached', name), 5000);
}

/** undefined: cancelled. */
async function drain(
  services: Services,
  host: Host,
  name: string,
  force: boolean,
): Promise<DetachResult | undefined> {
  const drainTimeoutMs = services.config.get('detach.drainTimeout') * 1000;
  try {
    return await withProgress(vscode.l10n.t('Sockmap: detaching {0}', name), async task => {
      const client = await host.connect(task.signal);
      return client.request(
        'detach',
        { name, drainTimeoutMs: force ? 0 : drainTimeoutMs, force },
        { signal: task.signal, onProgress: task.report, timeoutMs: drainTimeoutMs + 30_000 },
      );
    });
  } catch (error) {
    if (isCancellation(error)) {
      return undefined;
    }
    throw error;
  } finally {
    services.models.get(host.definition.id)?.request();
  }
}

/** Redirecting ends before the wait begins, so that what is cancelled or left may be half detached: that is said. */
async function goOnDraining(services: Services, host: Host, name: string): Promise<boolean> {
  const model = services.models.get(host.definition.id);
  await model?.refresh();
  const state = model?.snapshot.attachments.find(attachment => attachment.name === name)?.state;
  if (state !== 'draining') {
    return false;
  }
  const goOn = vscode.l10n.t('Go On Draining');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} no longer redirects and is draining.', name),
    goOn,
  );
  return answer === goOn;
}

async function askAboutRest(result: DetachResult): Promise<'again' | 'drop' | undefined> {
  const { remaining, name } = result;
  const bytes = formatBytes(remaining.reduce((sum, socket) => sum + socket.queuedBytes, 0));
  const named = remaining
    .slice(0, NAMED)
    .map(s => `${s.local} → ${s.remote} (${formatBytes(s.queuedBytes)})`);
  const list =
    remaining.length > NAMED
      ? vscode.l10n.t('{0} and {1} more', named.join(', '), remaining.length - NAMED)
      : named.join(', ');
  const again = vscode.l10n.t('Keep Draining');
  const drop = vscode.l10n.t('Drop {0} and Remove', bytes);
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      '{0} no longer redirects, but {1} sockets hold {2} that their programs have not read yet: {3}.',
      name,
      remaining.length,
      bytes,
      list,
    ),
    again,
    drop,
  );
  if (answer === again) {
    return 'again';
  }
  if (answer !== drop) {
    return undefined;
  }
  const confirmed = await vscode.window.showWarningMessage(
    vscode.l10n.t('Drop {0} of unread bytes?', bytes),
    {
      modal: true,
      detail: vscode.l10n.t('The programs that should read them will miss them. This cannot be undone.'),
    },
    drop,
  );
  return confirmed === drop ? 'drop' : undefined;
}
