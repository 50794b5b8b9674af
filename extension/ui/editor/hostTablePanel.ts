// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget, HOST_TABLE } from '../../contrib/ids';
import { formatCount, formatDuration } from '../../core/format';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { defined } from '../../core/verifierRuns';
import {
  decodeHostTable,
  type HostCell,
  type HostRow,
  type HostTable,
  programsOf,
} from '../../core/verifierRuns/hostTable';

const KEY = 'sockmap.hostTable';

/**
 * Hosts by programs as a table in an editor: HTML without scripts, whose links are commands. The last complete one is
 * kept in the workspace and shown again after a reload.
 */
export class HostTablePanel implements vscode.WebviewPanelSerializer, Disposable {
  readonly #store = new DisposableStore();
  readonly #memento: vscode.Memento;
  #panel: vscode.WebviewPanel | undefined;
  /** When the run that the panel shows was started. */
  #at: string | undefined;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
    this.#store.add(vscode.window.registerWebviewPanelSerializer(HOST_TABLE, this));
  }

  get table(): HostTable | undefined {
    return decodeHostTable(this.#memento.get<unknown>(KEY));
  }

  /** Opens the panel for a run. */
  show(table: HostTable): void {
    this.#at = table.at;
    this.#panel ??= this.#follow(vscode.window.createWebviewPanel(HOST_TABLE, '', vscode.ViewColumn.Active));
    this.#fill(this.#panel, table);
    this.#panel.reveal();
  }

  /** Fills in what came since, unless the panel was closed or shows a later run. */
  update(table: HostTable): void {
    if (this.#panel !== undefined && this.#at === table.at) this.#fill(this.#panel, table);
  }

  async keep(table: HostTable): Promise<void> {
    await this.#memento.update(KEY, table);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#panel?.dispose();
    this.#panel = this.#follow(panel);
    this.#fill(panel, this.table);
    return Promise.resolve();
  }

  dispose(): void {
    this.#panel?.dispose();
    this.#store.dispose();
  }

  #follow(panel: vscode.WebviewPanel): vscode.WebviewPanel {
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
    return panel;
  }

  #fill(panel: vscode.WebviewPanel, table: HostTable | undefined): void {
    panel.webview.options = {
      enableScripts: false,
      localResourceRoots: [],
      enableCommandUris: [COMMANDS.showVerifierLog],
    };
    panel.title = vscode.l10n.t('Verified on All Hosts');
    panel.webview.html = page(table);
  }
}

const STYLE = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); padding: 0 1.5em 1.5em; }
h1 { font-size: 1.3em; font-weight: 600; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, currentcolor)); padding: .5em .8em; text-align: start; vertical-align: top; max-width: 26em; }
th small, td small { display: block; font-weight: normal; color: var(--vscode-descriptionForeground); }
a { color: var(--vscode-textLink-foreground); }
a:focus { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
.ok::before { content: "\\2713\\00a0"; color: var(--vscode-charts-green); }
.no::before { content: "\\2717\\00a0"; color: var(--vscode-testing-iconFailed); }
.problem::before { content: "\\26a0\\fe0e\\00a0"; color: var(--vscode-list-warningForeground); }
.waiting { color: var(--vscode-descriptionForeground); }
`;

function page(table: HostTable | undefined): string {
  const nonce = randomBytes(16).toString('base64');
  const title =
    table === undefined
      ? vscode.l10n.t('Nothing was verified yet. Run "Sockmap: Verify on All Hosts".')
      : vscode.l10n.t('{0} on all hosts, {1}', table.name, new Date(table.at).toLocaleString());
  return `<!DOCTYPE html>
<html lang="${escape(vscode.env.language)}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>${escape(title)}</title><style nonce="${nonce}">${STYLE}</style></head>
<body><h1>${escape(title)}</h1>${table === undefined ? '' : `<div>${rows(table)}</div>`}</body></html>`;
}

function rows(table: HostTable): string {
  const programs = programsOf(table);
  const columns = programs.length === 0 ? [vscode.l10n.t('Verdict')] : programs;
  const head = [vscode.l10n.t('Host'), ...columns].map(name => `<th scope="col">${escape(name)}</th>`);
  const body = table.rows.map(row => `<tr>${hostHead(row)}${cells(row, programs, table.file)}</tr>`);
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table>`;
}

function hostHead({ label, kernel, duration }: HostRow): string {
  const notes = [
    ...(kernel === '' ? [] : [vscode.l10n.t('Linux {0}', kernel)]),
    ...(duration === undefined ? [] : [vscode.l10n.t('answered in {0}', formatDuration(duration))]),
  ];
  return `<th scope="row"><span class="host">${escape(label)}</span>${notes.map(note => `<small>${escape(note)}</small>`).join('')}</th>`;
}

function cells(
  { hostId, cells: found, problem, waiting }: HostRow,
  programs: readonly string[],
  file: string | undefined,
): string {
  const whole = (kind: string, text: string) =>
    `<td class="${kind}" colspan="${Math.max(1, programs.length)}">${escape(text)}</td>`;
  if (waiting === true) return whole('waiting', vscode.l10n.t('verifying…'));
  if (problem !== undefined) return whole('problem', problem);
  return programs
    .map(program => {
      const cell = found.find(one => one.program === program);
      return cell === undefined
        ? '<td></td>'
        : `<td class="${cell.ok ? 'ok' : 'no'}">${link(cell, defined({ hostId, file }))}</td>`;
    })
    .join('');
}

function link({ runId, ok, reason, insns, states, stack, time }: HostCell, again: CommandTarget): string {
  const href = `command:${COMMANDS.showVerifierLog}?${encodeURIComponent(JSON.stringify([{ ...again, id: runId }]))}`;
  const figures = [
    ...(insns === undefined ? [] : [vscode.l10n.t('{0} insns', formatCount(insns))]),
    ...(states === undefined ? [] : [vscode.l10n.t('{0} states', formatCount(states))]),
    ...(stack === undefined ? [] : [vscode.l10n.t('{0} B stack', formatCount(stack))]),
    ...(time === undefined ? [] : [formatDuration(time / 1000)]),
  ];
  const verdict = ok ? vscode.l10n.t('accepted') : vscode.l10n.t('refused');
  const title = vscode.l10n.t('Show the verifier log');
  return `<a href="${escape(href)}" title="${escape(title)}">${verdict}</a>${[reason, figures.join(', ')]
    .filter(text => text !== '')
    .map(text => `<small>${escape(text)}</small>`)
    .join('')}`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, mark => ENTITIES[mark] ?? '');
