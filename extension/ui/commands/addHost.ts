// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS } from '../../contrib/ids';
import { hostId, parseDestination } from '../../core/hostSettings';
import { commandOffer, offer } from '../offer';
import { input, pick } from '../pick/quickPick';
import type { Services } from '../services';
import { destinationFaultText } from '../text';

const CONNECT_PATTERN_HINT = '[user@]host[:port]';

/** Adds an SSH host, and offers what comes next. */
export async function addHost(services: Services): Promise<void> {
  const added = await askNewHost(services);
  if (added !== undefined) {
    // The command ends: nothing waits for the message.
    void offer(
      'information',
      vscode.l10n.t('Host {0} is in the list.', added.label),
      commandOffer(vscode.l10n.t('Connect'), COMMANDS.connect, { hostId: added.id }),
    );
  }
}

/** Asks for an SSH host and stores it. */
export async function askNewHost(
  services: Services,
): Promise<{ readonly id: string; readonly label: string } | undefined> {
  const title = vscode.l10n.t('Add SSH Host');
  const configured = await services.listSshHosts();
  const answer = await pick<string>({
    title,
    placeholder: vscode.l10n.t('Type {0}, or select a host of your ssh config', CONNECT_PATTERN_HINT),
    live: true,
    items: typed => Promise.resolve(destinationItems(services, configured, typed.trim())),
  });
  if (answer.kind !== 'value') {
    return undefined;
  }
  const parsed = parseDestination(answer.value);
  if (!parsed.ok) {
    return undefined;
  }
  const label = await input({
    title,
    prompt: vscode.l10n.t('Name of the host in the views'),
    value: answer.value,
    check: text => (text.trim() === '' ? vscode.l10n.t('Type a name.') : undefined),
  });
  if (label.kind !== 'value') {
    return undefined;
  }
  const setting = {
    label: label.value.trim(),
    destination: parsed.destination,
    ...(parsed.port === undefined ? {} : { port: parsed.port }),
  };
  await services.config.changeHosts(hosts => [...hosts, setting]);
  return { id: hostId(setting), label: setting.label };
}

function destinationItems(services: Services, configured: readonly string[], typed: string) {
  const known = new Set(services.registry.hosts.map(host => host.definition.id));
  const fresh = configured.filter(name => !known.has(hostId({ destination: name })));
  const matching = fresh.filter(name => name.toLowerCase().includes(typed.toLowerCase()));
  const items = matching.map(name => ({
    label: `$(vm) ${name}`,
    description: vscode.l10n.t('ssh config'),
    value: name,
  }));
  if (typed === '' || matching.includes(typed)) {
    return items;
  }
  const parsed = parseDestination(typed);
  if (!parsed.ok) {
    return [{ label: `$(error) ${destinationFaultText(parsed.fault)}`, alwaysShow: true }, ...items];
  }
  return known.has(hostId(parsed))
    ? [{ label: `$(error) ${destinationFaultText('duplicate')}`, alwaysShow: true }, ...items]
    : [{ label: `$(add) ${typed}`, alwaysShow: true, value: typed }, ...items];
}
