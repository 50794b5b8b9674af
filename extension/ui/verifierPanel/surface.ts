// SPDX-License-Identifier: Apache-2.0
import type * as vscode from 'vscode';
import { type PanelHost, PanelSession } from '../../core/verifierPanel';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { pageFolder, pageHtml } from './html';

/** One webview with the page and the session behind it. */
export class PanelSurface implements Disposable {
  readonly #store = new DisposableStore();
  readonly session: PanelSession;

  constructor(webview: vscode.Webview, host: PanelHost, extensionUri: vscode.Uri) {
    // A message to a page that is hidden or gone gets lost: the page asks anew when it is back.
    this.session = this.#store.add(new PanelSession(host, message => void webview.postMessage(message)));
    webview.options = { enableScripts: true, localResourceRoots: [pageFolder(extensionUri)] };
    this.#store.add(webview.onDidReceiveMessage(message => this.session.receive(message)));
    webview.html = pageHtml(webview, extensionUri);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
