// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Comparison, Place } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import { pane, shared } from './styles';

type Change = Comparison['changes'][number];

interface Figures {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly delta?: number | undefined;
}

/** How the run differs from another one of the same program. */
@customElement('verifier-compare')
export class ComparePane extends PanelElement {
  static override styles = [
    shared,
    pane,
    css`
      vscode-single-select {
        inline-size: 100%;
        margin-block-end: 8px;
      }
      th.number {
        text-align: end;
      }
      .more {
        color: var(--vscode-editorError-foreground, var(--vscode-errorForeground));
      }
      .less {
        color: var(--vscode-testing-iconPassed, var(--vscode-charts-green));
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { panel } = this;
    const { comparison } = panel;
    if (!comparison) return html`<p class="dim">${panel.t('loading')}</p>`;
    if (comparison.runs.length === 0) return html`<p class="dim">${panel.t('noCompare')}</p>`;
    const [change] = comparison.changes;
    return html`
      <vscode-single-select
        label=${panel.t('compareWith')}
        @change=${(event: Event) => panel.compareWith((event.target as VscodeSingleSelect).value)}
      >
        ${comparison.runs.map(
          ({ id, title }) =>
            html`<vscode-option value=${id} ?selected=${id === change?.run}>${title}</vscode-option>`,
        )}
      </vscode-single-select>
      ${change ? this.#change(change) : nothing}
    `;
  }

  #change(change: Change): TemplateResult {
    const { panel } = this;
    const { metrics, lines, sameLines, exact } = change;
    return html`
      ${this.#table(
        panel.t('paneStatistics'),
        metrics.map(metric => [metric.label, metric] as const),
      )}
      <h3>${panel.t('visitsByLine')}</h3>
      ${exact ? nothing : html`<p class="dim">${panel.t('notExact')}</p>`}
      ${
        lines.length === 0
          ? nothing
          : this.#table(
              panel.t('visitsByLine'),
              lines.map(line => [this.#place(line.place), line] as const),
            )
      }
      <p class="dim">${panel.t('sameLines', sameLines)}</p>
    `;
  }

  #table(title: string, rows: readonly (readonly [unknown, Figures])[]): TemplateResult {
    const { panel } = this;
    return html`<table aria-label=${title}>
      <thead>
        <tr>
          <th scope="col">${panel.t('figure')}</th>
          ${(['before', 'now', 'change'] as const).map(
            key => html`<th scope="col" class="number">${panel.t(key)}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name, { before, after, delta }]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="number">${this.#number(before)}</td>
              <td class="number">${this.#number(after)}</td>
              <td class="number ${(delta ?? 0) > 0 ? 'more' : (delta ?? 0) < 0 ? 'less' : ''}">
                ${delta !== undefined && delta > 0 ? '+' : ''}${this.#number(delta)}
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #number(value: number | undefined): string {
    return value === undefined ? '–' : this.panel.number(value);
  }

  #place(place: Place): TemplateResult {
    const name = place.line === undefined ? '' : `${place.file ?? ''}:${place.line}`;
    return html`<button class="link" title=${name} @click=${() => this.panel.openSource(place)}>
      <code>${place.text}</code>
    </button>`;
  }
}
