// SPDX-License-Identifier: Apache-2.0
/** The page of the Verifier Log panel: shows the first rows of the log that the host opens. */
import * as v from 'valibot';
import { type Handlers, Messenger } from '../../extension/protocol/messenger';
import {
  HOST_SIDE,
  MAX_ROWS,
  PAGE_SIDE,
  type PanelState,
  panelState,
  type View,
} from '../../extension/protocol/verifierPanel';

declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: PanelState): void;
};

const vscode = acquireVsCodeApi();
const list = document.createElement('ol');
const status = document.createElement('p');
status.setAttribute('role', 'status');
document.body.append(status, list);

async function showRows(view: View): Promise<void> {
  const count = Math.min(view.rows, MAX_ROWS);
  const rows = await page.request('rows', { revision: view.revision, first: 0, count });
  list.replaceChildren(
    ...rows.texts.map((text, i) => {
      const row = document.createElement('li');
      row.value = (rows.lines[i] ?? 0) + 1;
      row.textContent = text;
      return row;
    }),
  );
}

const handlers: Handlers<typeof PAGE_SIDE> = {
  logs: () => undefined,
  opened: ({ log }) => {
    status.textContent = `${log.title} · ${log.detail}`;
    vscode.setState({ log: log.id });
  },
  progress: () => undefined,
  loaded: ({ view }) => void showRows(view),
  failed: ({ message }) => {
    status.textContent = message;
  },
  select: () => undefined,
  searching: () => undefined,
};

const page: Messenger<typeof PAGE_SIDE, typeof HOST_SIDE> = new Messenger({
  mine: PAGE_SIDE,
  theirs: HOST_SIDE,
  handlers,
  post: message => vscode.postMessage(message),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return { dispose: () => clearTimeout(timer) };
  },
  onFault: message => {
    status.textContent = message;
  },
});
addEventListener('message', event => page.receive(event.data));

const saved = v.safeParse(panelState, vscode.getState() ?? {});
void page.request('ready', saved.success ? saved.output : {});
