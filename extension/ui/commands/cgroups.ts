// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { beyondCut, cgroupItems } from '../../core/attachPlan';
import type { AgentClient, Host } from '../../host/api';
import type { CgroupsResult } from '../../protocol/agent';
import type { ReadItems } from '../pick/liveList';
import type { Services } from '../services';

const CGROUP_LIMIT = 500;

/** Lists cgroups for what was typed; asks the agent again only where the list is not whole. */
export function cgroupReader(services: Services, host: Host): ReadItems<string> {
  let whole: CgroupsResult | undefined;
  return async (typed, signal, step) => {
    // Typing shall not begin a connection anew: it is given up with the dialog only.
    const client = await host.connect(step);
    const filter = typed.trim();
    const result = whole ?? (await list(client, filter, signal));
    const cut = result.cgroups.length < result.total;
    if (filter === '' && !cut) {
      whole = result;
    }
    const first = [services.config.get('defaultCgroup'), services.state.value.lastCgroup[host.definition.id]];
    const beyond = cut && filter === '' ? await find(client, beyondCut(result.cgroups, first), signal) : [];
    const listed = [...beyond, ...result.cgroups];
    const items = cgroupItems(listed, typed, first).map(item => ({
      label: `$(${item.typed ? 'edit' : 'folder'}) ${item.path}`,
      description: item.typed ? vscode.l10n.t('as typed') : processesText(item.processes ?? 0),
      alwaysShow: item.typed,
      value: item.path,
    }));
    if (listed.length < result.total) {
      const more = vscode.l10n.t('{0} more, type to filter', result.total - listed.length);
      return [...items, { label: more, kind: vscode.QuickPickItemKind.Separator }];
    }
    return items;
  };
}

function list(client: AgentClient, filter: string, signal: AbortSignal): Promise<CgroupsResult> {
  const params = { limit: CGROUP_LIMIT, ...(filter === '' ? {} : { filter }) };
  return client.request('cgroups', params, { signal });
}

/** Those of the paths that the host has. */
async function find(
  client: AgentClient,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<CgroupsResult['cgroups']> {
  const found = paths.map(async path => {
    const { cgroups } = await list(client, path, signal);
    return cgroups.filter(cgroup => cgroup.path === path);
  });
  return (await Promise.all(found)).flat();
}

function processesText(processes: number): string {
  return processes === 1 ? vscode.l10n.t('1 process') : vscode.l10n.t('{0} processes', processes);
}
