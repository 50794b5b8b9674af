// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { VERIFIER_EDITOR, VIEWS } from '../../contrib/ids';
import type { Logger } from '../../core/logger';
import type { PanelHost, PanelSession } from '../../core/verifierPanel';
import { explain } from '../../core/verifierLog';
import type { Clock } from '../../core/util/clock';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { logGoneText } from '../documents/runTexts';
import { turnsOf } from '../turns';
import { columnFor } from './column';
import { CursorLink } from './cursorLink';
import { pageFolder } from './html';
import type { LogLibrary } from './library';
import { placeInSources } from './places';
import { showReading } from './reading';
import { PanelSurface } from './surface';
import { pageTexts, summaryWords } from './texts';

export interface VerifierPanelsOptions {
  readonly library: LogLibrary;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly extensionUri: vscode.Uri;
  /** Whether the log goes where the cursor goes. */
  readonly follow: () => boolean;
  /** What a person chose in the page. */
  readonly openFrom: PanelHost['openFrom'];
}

/** The Verifier Log in the panel area, and as an editor; both come back after a reload of the window. */
export class VerifierPanels implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, Disposable {
  readonly #store = new DisposableStore();
  readonly #options: VerifierPanelsOptions;
  readonly #surfaces = new Set<PanelSurface>();
  readonly #link: CursorLink;
  #view: PanelSurface | undefined;
  #last: PanelSurface | undefined;
  /** A log to show in the view once it is there. */
  #wanted: string | undefined;

  constructor(options: VerifierPanelsOptions) {
    this.#options = options;
    this.#link = this.#store.add(
      new CursorLink(options, (file, line, code) => {
        for (const { session } of this.#surfaces) void session.follow(file, line, code);
      }),
    );
    this.#store.add(vscode.window.registerWebviewViewProvider(VIEWS.verifierLog, this));
    this.#store.add(vscode.window.registerWebviewPanelSerializer(VERIFIER_EDITOR, this));
    this.#store.add(
      options.library.onDidChange(() => {
        for (const { session } of this.#surfaces) session.logsChanged();
      }),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const surface = this.#open(view.webview);
    this.#view = surface;
    this.#last = surface;
    if (this.#wanted !== undefined) surface.session.show(this.#wanted);
    this.#wanted = undefined;
    view.onDidChangeVisibility(() => {
      if (!view.visible) surface.session.hide();
    });
    view.onDidDispose(() => {
      this.#close(surface);
      if (this.#view === surface) this.#view = undefined;
    });
  }

  /** The session that was used last, and its log. */
  get current(): PanelSession | undefined {
    return (this.#last ?? this.#view)?.session;
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#adopt(panel);
    return Promise.resolve();
  }

  /** Shows a log in the panel area. */
  async show(id: string): Promise<void> {
    this.#last = this.#view;
    if (this.#view === undefined) this.#wanted = id;
    else this.#view.session.show(id);
    await vscode.commands.executeCommand(`${VIEWS.verifierLog}.focus`);
  }

  /** Opens a log, else that of the panel area, as an editor. */
  openInEditor(id: string | undefined): void {
    const panel = vscode.window.createWebviewPanel(
      VERIFIER_EDITOR,
      vscode.l10n.t('Verifier Log'),
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [pageFolder(this.#options.extensionUri)] },
    );
    const log = id ?? this.current?.current;
    const surface = this.#adopt(panel);
    if (log !== undefined) surface.session.show(log);
  }

  dispose(): void {
    for (const surface of this.#surfaces) surface.dispose();
    this.#surfaces.clear();
    this.#store.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): PanelSurface {
    panel.iconPath = vscode.Uri.joinPath(this.#options.extensionUri, 'media', 'icon.svg');
    const surface = this.#open(panel.webview, panel);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) surface.session.hide();
      if (panel.active) this.#last = surface;
    });
    panel.onDidDispose(() => this.#close(surface));
    if (panel.active) this.#last = surface;
    return surface;
  }

  #open(webview: vscode.Webview, panel?: vscode.WebviewPanel): PanelSurface {
    const surface: PanelSurface = new PanelSurface(
      webview,
      this.#host(() => surface, panel),
      this.#options.extensionUri,
    );
    this.#surfaces.add(surface);
    return surface;
  }

  #close(surface: PanelSurface): void {
    this.#surfaces.delete(surface);
    if (this.#last === surface) this.#last = undefined;
    surface.dispose();
  }

  #host(surface: () => PanelSurface, panel: vscode.WebviewPanel | undefined): PanelHost {
    const { library, clock, logger } = this.#options;
    return {
      settled: () => library.settled,
      get logs() {
        return library.logs;
      },
      read: id => library.read(id),
      compare: (id, others) => library.compare(id, others),
      openPlace: async place => {
        const id = surface().session.current;
        const run = id === undefined ? undefined : library.run(id);
        const location = await placeInSources(run, place);
        if (location === undefined) return false;
        this.#link.led(location.uri, location.range.start.line);
        await vscode.window.showTextDocument(location.uri, {
          selection: location.range,
          preserveFocus: true,
          viewColumn: columnFor(location.uri, panel?.viewColumn),
        });
        return true;
      },
      copy: async text => vscode.env.clipboard.writeText(text),
      openFrom: this.#options.openFrom,
      onShown: ({ title }) => {
        if (panel !== undefined) panel.title = vscode.l10n.t('{0} · Verifier Log', title);
      },
      onUsed: () => (this.#last = surface()),
      onReading: task => showReading(task, clock),
      explain,
      words: summaryWords(),
      gone: logGoneText(),
      noLog: vscode.l10n.t(
        'This is no verifier log. Open what the kernel, libbpf, bpftool or another loader wrote when it loaded a program.',
      ),
      texts: pageTexts(),
      ...turnsOf(clock),
      after: (delayMs, action) => clock.after(delayMs, action),
      onFault: message => logger.warn(`verifier log panel: ${message}`),
    };
  }
}
