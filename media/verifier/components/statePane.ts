// SPDX-License-Identifier: Apache-2.0
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { StateOfLine } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import { pane, shared } from './styles';

type Frame = StateOfLine['frames'][number];
type Cell = Frame['cells'][number];

/** What the verifier knew at the selected line: each register and stack slot, before and after. */
@customElement('verifier-state')
export class StatePane extends PanelElement {
  static override styles = [
    shared,
    pane,
    css`
      td {
        font-family: var(--vscode-editor-font-family);
        font-size: var(--vscode-editor-font-size);
        overflow-wrap: anywhere;
      }
      th {
        white-space: nowrap;
      }
      tr.changed {
        background: color-mix(in srgb, var(--vscode-charts-yellow) 10%, transparent);
      }
      tr.changed th {
        box-shadow: inset 3px 0 0 var(--vscode-charts-yellow);
      }
      tbody th {
        padding-inline-start: 8px;
      }
      .before {
        color: var(--vscode-descriptionForeground);
        text-decoration: line-through;
      }
      .arrow {
        color: var(--vscode-descriptionForeground);
        padding-inline: 0.5ch;
      }
      .after {
        font-weight: 600;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { panel } = this;
    const { state } = panel;
    if (!state) return html`<p class="dim">${panel.t('noState')}</p>`;
    const { before, after } = state.references;
    const frames = state.frames.filter(frame => frame.cells.length > 0);
    return html`
      ${frames.length === 0 ? html`<p class="dim">${panel.t('noState')}</p>` : nothing}
      ${frames.map(frame => this.#frame(frame, state))}
      ${
        before === '' && after === ''
          ? nothing
          : html`<h3>${panel.t('references')}</h3>
              <p class="code">${this.#change(before, after, before !== after)}</p>`
      }
    `;
  }

  #frame(frame: Frame, state: StateOfLine): TemplateResult {
    const { panel } = this;
    const name = frame.name === '' ? panel.t('frame', String(frame.index)) : frame.name;
    return html`
      ${state.frames.length > 1 || frame.name !== '' ? html`<h3>${name}</h3>` : nothing}
      <table aria-label=${panel.t('stateOf', name, state.line + 1)}>
        <tbody>
          ${frame.cells.map(cell => this.#cell(cell, frame.index))}
        </tbody>
      </table>
    `;
  }

  #cell(cell: Cell, frame: number): TemplateResult {
    const { panel } = this;
    const { name, register, slot, before, after, changed } = cell;
    const what = register !== undefined ? { register } : slot !== undefined ? { slot } : undefined;
    const trace = () => void panel.traceValue({ line: panel.line, frame, ...what });
    return html`<tr class=${changed ? 'changed' : ''}>
      <th scope="row">
        ${
          what
            ? html`<button
                class="link code"
                title=${panel.t('traceValue', name)}
                aria-label=${panel.t('traceValue', name)}
                @click=${trace}
              >
                ${name}
              </button>`
            : html`<span class="code">${name}</span>`
        }
      </th>
      <td>${this.#change(before ?? '', after ?? '', changed)}</td>
    </tr>`;
  }

  #change(before: string, after: string, changed: boolean): unknown {
    const { panel } = this;
    if (!changed) return after;
    const old = before === '' ? nothing : html`<del class="before">${before}</del>`;
    return html`${old}<span class="arrow" role="img" aria-label=${panel.t('becomes')}>→</span
      ><ins class="after">${after === '' ? panel.t('unknownValue') : after}</ins>`;
  }
}
