// SPDX-License-Identifier: Apache-2.0
/** Sentences and words that several views share. */
import { l10n } from 'vscode';
import type { HostSettingFault } from '../core/hostSettings';
import type { HostState } from '../core/hosts';
import type { NameFault } from '../core/attachPlan';
import { formatPercent } from '../core/format';
import type { Attachment, SocketColumn, StackReason } from '../protocol/agent';

/** Why a message took the stack, as one sentence. */
export function reasonText(reason: StackReason): string {
  const texts: Record<StackReason, string> = {
    noPeer: l10n.t('The peer socket is not on this host, or its cgroup is not attached.'),
    order: l10n.t('Earlier bytes were still in the TCP stack; overtaking them would reorder the stream.'),
    backpressure: l10n.t('The receiver reads slowly; the stack holds the sender back.'),
    peerGone: l10n.t('The peer socket is closing.'),
    disabled: l10n.t('The attachment is being drained.'),
    mapFull: l10n.t('A map was full when the connection was established.'),
    policy: l10n.t('A policy rule says so.'),
    excluded: l10n.t('The socket uses something that a sockmap cannot carry.'),
    error: l10n.t('A helper failed in the kernel.'),
    stream: l10n.t(
      'Its sender outran its reader, so it has left the map: TCP carries such connections better.',
    ),
    first: l10n.t(
      'It was the first to a reader that might call splice(), which redirected bytes do not reach.',
    ),
  };
  return texts[reason];
}

/** The same in a word or two, for narrow places. */
export function reasonName(reason: StackReason): string {
  const names: Record<StackReason, string> = {
    noPeer: l10n.t('no peer'),
    order: l10n.t('order'),
    backpressure: l10n.t('backpressure'),
    peerGone: l10n.t('peer gone'),
    disabled: l10n.t('draining'),
    mapFull: l10n.t('map full'),
    policy: l10n.t('policy'),
    excluded: l10n.t('excluded'),
    error: l10n.t('error'),
    stream: l10n.t('stream'),
    first: l10n.t('first message'),
  };
  return names[reason];
}

export function columnName(column: SocketColumn): string {
  const names: Record<SocketColumn, string> = {
    cookie: l10n.t('Cookie'),
    peerCookie: l10n.t('Cookie of the peer'),
    family: l10n.t('IP version'),
    state: l10n.t('TCP state'),
    localAddress: l10n.t('Local address'),
    localPort: l10n.t('Local port'),
    remoteAddress: l10n.t('Remote address'),
    remotePort: l10n.t('Remote port'),
    netns: l10n.t('Network namespace'),
    inode: l10n.t('Inode'),
    pid: l10n.t('Process'),
    command: l10n.t('Program'),
    cgroup: l10n.t('Cgroup'),
    queuedBytes: l10n.t('Bytes in the psock queue'),
    redirectedMessages: l10n.t('Messages redirected'),
    redirectedBytes: l10n.t('Bytes redirected'),
    stackMessages: l10n.t('Messages through the stack'),
    stackBytes: l10n.t('Bytes through the stack'),
    lastReason: l10n.t('Last reason for the stack'),
    reasons: l10n.t('Reasons for the stack, messages'),
  };
  return names[column];
}

export function hostStateText(state: HostState): string {
  switch (state.kind) {
    case 'idle':
      return l10n.t('Not connected');
    case 'connecting':
      return state.stage;
    case 'ready':
      return state.canLoad
        ? l10n.t('Linux {0}, {1}', state.kernel, state.arch)
        : l10n.t('Linux {0}, {1}, cannot load programs', state.kernel, state.arch);
    case 'retrying':
      return l10n.t('Connection lost, attempt {0}', state.attempt);
    case 'failed':
      return state.problem.message;
  }
}

export function attachmentStateText(state: Attachment['state']): string {
  const texts: Record<Attachment['state'], string> = {
    attached: l10n.t('attached'),
    draining: l10n.t('draining'),
    broken: l10n.t('broken'),
  };
  return texts[state];
}

export function percentText(rate: number | undefined): string {
  return rate === undefined ? l10n.t('no traffic') : formatPercent(rate);
}

export function destinationFaultText(fault: HostSettingFault): string {
  const texts: Record<HostSettingFault, string> = {
    empty: l10n.t('Type a host name, as for ssh: [user@]host[:port].'),
    dash: l10n.t('A host name cannot start with a dash.'),
    space: l10n.t('A host name has no spaces.'),
    port: l10n.t('The port must be a number from 1 to 65535.'),
    user: l10n.t('Type a user name before the @, or leave the @ out.'),
    shell: l10n.t('A host name has no quotes, brackets or other characters of a shell.'),
    long: l10n.t('The host name is too long.'),
    duplicate: l10n.t('This host is in the list already.'),
  };
  return texts[fault];
}

export function nameFaultText(fault: NameFault): string {
  const texts: Record<NameFault, string> = {
    empty: l10n.t('Type a name.'),
    characters: l10n.t('Use letters, digits, - and _, starting with a letter or digit.'),
    long: l10n.t('The name is too long for a folder of bpffs.'),
    taken: l10n.t('An attachment of this name exists on the host.'),
  };
  return texts[fault];
}

/** Text that is not ours inside Markdown. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, '\\$&').replace(/\r?\n/g, ' ');
}
