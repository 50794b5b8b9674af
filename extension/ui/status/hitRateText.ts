// SPDX-License-Identifier: Apache-2.0
import { l10n } from 'vscode';
import { formatPercent } from '../../core/format';
import type { HitRate } from '../../core/hitRate';
import type { HostState } from '../../core/hosts';
import type { Attachment } from '../../protocol/agent';
import { attachmentStateText } from '../text';

/** What the status bar item shows, and what a screen reader says. */
export interface ItemText {
  readonly text: string;
  readonly label: string;
}

export function attachmentText(
  { name, state, abi }: Pick<Attachment, 'name' | 'state' | 'abi'>,
  rate: HitRate | undefined,
): ItemText {
  const icons: Record<typeof state, string> = { attached: 'arrow-swap', draining: 'watch', broken: 'error' };
  const share = rate === undefined ? undefined : (rate.interval?.hitRate ?? rate.total.hitRate);
  let figure = name;
  let said = l10n.t('reading counters');
  if (state === 'broken') {
    said = attachmentStateText(state);
  } else if (abi === null) {
    said = l10n.t('keeps no counters');
  } else if (share !== undefined) {
    figure = formatPercent(share);
    said = l10n.t('{0} of messages redirected', figure);
  } else if (rate !== undefined) {
    figure = l10n.t('no traffic');
    said = figure;
  }
  const stateSaid = state === 'draining' ? `${attachmentStateText(state)}, ` : '';
  return {
    text: `$(${icons[state]}) ${figure}`,
    label: l10n.t('Sockmap {0}: {1}', name, `${stateSaid}${said}`),
  };
}

/** While the host of the attachment is not connected. */
export function awayText(
  name: string,
  host: string,
  state: Exclude<HostState['kind'], 'ready'>,
): ItemText & { readonly tooltip: string } {
  if (state === 'connecting' || state === 'retrying') {
    return {
      text: `$(loading~spin) ${name}`,
      label: l10n.t('Sockmap {0}: connecting to {1}', name, host),
      tooltip: l10n.t('Connecting to {0}', host),
    };
  }
  return {
    text: `$(debug-disconnect) ${l10n.t('{0}: not connected', name)}`,
    label: l10n.t('Sockmap {0}: {1} is not connected', name, host),
    tooltip: l10n.t('{0} is not connected, {1} stays attached there. Click to connect.', host, name),
  };
}
