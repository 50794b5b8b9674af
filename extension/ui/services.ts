// SPDX-License-Identifier: Apache-2.0
import type * as vscode from 'vscode';
import type { Builder, HostRegistry } from '../host/api';
import type { Config } from './config';
import type { BuildProblems } from './documents/buildProblems';
import type { Policies } from './documents/policies';
import type { VerifierProblems } from './documents/verifierProblems';
import type { VerifierLogs } from './documents/verifierLogs';
import type { HostTablePanel } from './editor/hostTablePanel';
import type { HostModels } from './model/hostModels';
import type { MapWindows } from './model/mapWindows';
import type { RecentLog } from './recentLog';
import type { RunRecorder } from './runs/recorder';
import type { RunStore } from './runs/runStore';
import type { SeenNames } from './seenNames';
import type { StateStore } from './state';
import type { HostsView } from './trees/hostsView';
import type { MapsView } from './trees/mapsView';
import type { LogLibrary } from './verifierPanel/library';
import type { VerifierPanels } from './verifierPanel/verifierPanels';

/** What command handlers work with. */
export interface Services {
  readonly log: RecentLog;
  /** Shows the log. */
  readonly channel: Pick<vscode.LogOutputChannel, 'show'>;
  readonly config: Config;
  readonly state: StateStore;
  readonly names: SeenNames;
  readonly registry: HostRegistry;
  readonly models: HostModels;
  readonly builder: Builder;
  readonly runs: RunStore;
  readonly recorder: RunRecorder;
  readonly verifierLogs: VerifierLogs;
  readonly verifierProblems: VerifierProblems;
  readonly library: LogLibrary;
  readonly verifierPanels: VerifierPanels;
  readonly hostTable: HostTablePanel;
  readonly problems: BuildProblems;
  readonly policies: Policies;
  readonly windows: MapWindows;
  readonly hosts: HostsView;
  readonly maps: MapsView;
  /** Host names of the user's ssh config. */
  readonly listSshHosts: () => Promise<readonly string[]>;
  /** Our own object. */
  readonly builtinObject: string;
  /** Folder for built objects; made when needed. */
  readonly buildDir: string;
  readonly extensionVersion: string;
  /** First page of the user guide. */
  readonly guide: vscode.Uri;
}
