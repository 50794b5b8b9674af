// SPDX-License-Identifier: Apache-2.0
/** The page of the Verifier Log panel: puts its parts together. */
import * as v from 'valibot';
import { Messenger } from '../../extension/protocol/messenger';
import { HOST_SIDE, PAGE_SIDE, type PanelState, panelState } from '../../extension/protocol/verifierPanel';
import './components/app';
import { Panel } from './model/panel';

declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

const vscode = acquireVsCodeApi();
const saved = v.safeParse(panelState, vscode.getState() ?? {});
const after = (delayMs: number, action: () => void) => {
  const timer = setTimeout(action, delayMs);
  return { dispose: () => clearTimeout(timer) };
};

const panel: Panel = new Panel({
  connect: handlers => {
    const host = new Messenger({
      mine: PAGE_SIDE,
      theirs: HOST_SIDE,
      handlers,
      post: message => vscode.postMessage(message),
      after,
      onFault: message => panel.complain(message),
    });
    addEventListener('message', event => host.receive(event.data));
    return host;
  },
  saved: saved.success ? saved.output : {},
  save: state => vscode.setState(state),
  after,
  language: document.documentElement.lang,
});
const app = document.createElement('verifier-app');
app.panel = panel;
document.body.append(app);
void panel.start();
