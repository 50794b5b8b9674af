// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../contrib/ids';
import { Hold } from '../core/hold';
import type { Clock } from '../core/util/clock';
import { type Disposable, DisposableStore } from '../core/util/disposable';
import type { Builder, HostRegistry } from '../host/api';
import { isBuiltin } from './builtinObject';
import { registerCommands } from './commands';
import type { Config } from './config';
import { ContextKeys } from './contextKeys';
import { BuildProblems } from './documents/buildProblems';
import { Policies } from './documents/policies';
import { VerifierLogs } from './documents/verifierLogs';
import { VerifierProblems } from './documents/verifierProblems';
import { HostTablePanel } from './editor/hostTablePanel';
import { LineVisitHints } from './editor/lineVisitHints';
import { VerifierFixes } from './editor/verifierFixes';
import { VerdictLenses } from './editor/verdictLenses';
import {
  connectQuietly,
  followContext,
  forgetGoneAttachment,
  reconnectOnLook,
  rememberConnections,
} from './followModels';
import { followHostSettings } from './hostList';
import { HostModels } from './model/hostModels';
import { MapWindows } from './model/mapWindows';
import { RunRecorder } from './runs/recorder';
import { RunStore } from './runs/runStore';
import { SeenNames } from './seenNames';
import type { Services } from './services';
import { StateStore } from './state';
import { HitRateItem } from './status/hitRateItem';
import { HostsView } from './trees/hostsView';
import { MapsView } from './trees/mapsView';
import { turnsOf } from './turns';
import { LogLibrary } from './verifierPanel/library';
import { VerifierPanels } from './verifierPanel/verifierPanels';

export interface UiParts extends Pick<
  Services,
  'log' | 'channel' | 'listSshHosts' | 'builtinObject' | 'buildDir' | 'extensionVersion'
> {
  readonly config: Config;
  readonly registry: HostRegistry;
  readonly builder: Builder;
  readonly clock: Clock;
  readonly memento: vscode.Memento;
  readonly extensionUri: vscode.Uri;
}

/** Views, status bar and commands over the hosts. Nothing is started before somebody looks or asks. */
export function createUi(parts: UiParts): Disposable {
  const { config, registry, log, clock } = parts;
  const store = new DisposableStore();
  const state = new StateStore(parts.memento);
  const models = store.add(new HostModels(registry, { clock, logger: log }));
  const names = store.add(new SeenNames(models));
  const runs = store.add(
    new RunStore({
      folder: join(parts.buildDir, 'verifier-runs'),
      logger: log,
      keep: () => config.get('verify.keepRuns'),
    }),
  );
  const recorder = new RunRecorder(runs, { logger: log, turns: turnsOf(clock) });
  const verifierLogs = store.add(new VerifierLogs(runs));
  const verifierProblems = store.add(new VerifierProblems(runs, clock));
  const library = store.add(new LogLibrary(runs, state));
  const verifierPanels = store.add(
    new VerifierPanels({
      library,
      clock,
      logger: log,
      extensionUri: parts.extensionUri,
      follow: () => config.get('verifierLog.followCursor'),
      openFrom: async (from, id) => {
        if (from === 'text') await vscode.commands.executeCommand(COMMANDS.openVerifierLogAsText, { id });
        else await vscode.commands.executeCommand(COMMANDS.openVerifierLog, { id: from });
      },
    }),
  );
  const hostTable = store.add(new HostTablePanel(parts.memento));
  store.add(new VerifierFixes(verifierProblems));
  store.add(new VerdictLenses(runs, config));
  store.add(new LineVisitHints(runs, config));
  const problems = store.add(new BuildProblems());
  const policies = store.add(new Policies(models));
  const windows = store.add(
    new MapWindows(() => ({ filter: state.value.socketFilter, order: state.value.socketOrder })),
  );

  const readInterval = () => models.setInterval(config.get('refreshInterval'));
  store.add(config.onDidChange('refreshInterval', readInterval));
  readInterval();

  const hosts = store.add(
    new HostsView(models, {
      hold: store.add(new Hold(clock)),
      isBuiltin: isBuiltin(parts.builtinObject),
      connect: hostId => {
        const model = models.get(hostId);
        if (model !== undefined && vscode.workspace.isTrusted) {
          connectQuietly(model, log);
        }
      },
    }),
  );
  const maps = store.add(new MapsView(models, windows, state, store.add(new Hold(clock))));
  store.add(new HitRateItem(models, state));
  store.add(rememberConnections(models, state));
  store.add(forgetGoneAttachment(models, state));
  store.add(followContext(store.add(new ContextKeys()), models, verifierLogs, state));

  const reconnect = reconnectOnLook(models, state, log);
  const look = () => {
    if (hosts.visible || maps.visible) {
      reconnect.look();
    }
  };
  store.add(hosts.onDidChangeVisibility(look));
  store.add(maps.onDidChangeVisibility(look));
  store.add(registry.onDidChangeHosts(look));

  store.add(
    registerCommands({
      ...parts,
      state,
      names,
      models,
      runs,
      recorder,
      verifierLogs,
      verifierProblems,
      hostTable,
      library,
      verifierPanels,
      problems,
      policies,
      windows,
      hosts,
      maps,
      guide: vscode.Uri.joinPath(parts.extensionUri, 'media', 'guide', 'guide.md'),
    }),
  );
  store.add(followHostSettings(registry, config, log));
  look();
  return store;
}
