// SPDX-License-Identifier: Apache-2.0
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import type { HotSpot } from '../../../extension/protocol/verifierPanel';
import { setShare } from './share';
import { PanelElement } from './element';
import { pane, shared } from './styles';

/** Where the verifier spent its visits: lines of C and instructions, the most visited first. */
@customElement('verifier-hot')
export class HotPane extends PanelElement {
  static override styles = [
    shared,
    pane,
    css`
      td.number {
        background: linear-gradient(
          to right,
          color-mix(
              in srgb,
              var(--vscode-editorWarning-foreground, var(--vscode-foreground)) 25%,
              transparent
            )
            calc(var(--share, 0) * 100%),
          transparent 0
        );
        inline-size: 9ch;
        padding-inline: 6px;
      }
      td.text button {
        inline-size: 100%;
        padding-inline-start: 8px;
      }
      code {
        color: var(--vscode-foreground);
        overflow-wrap: anywhere;
      }
      .place {
        color: var(--vscode-descriptionForeground);
        display: block;
        padding-inline-start: 8px;
      }
    `,
  ];

  protected override render(): unknown {
    return guard([this.panel.summary], () => this.#tables());
  }

  #tables(): TemplateResult {
    const { panel } = this;
    const { hotLines = [], hotInsns = [], exact = true } = panel.summary ?? {};
    if (hotLines.length + hotInsns.length === 0) return html`<p class="dim">${panel.t('noHotSpots')}</p>`;
    return html`
      ${exact ? nothing : html`<p class="dim">${panel.t('notExact')}</p>`}
      ${this.#table(panel.t('hotLines'), hotLines)} ${this.#table(panel.t('hotInsns'), hotInsns)}
    `;
  }

  #table(title: string, spots: readonly HotSpot[]): TemplateResult | typeof nothing {
    if (spots.length === 0) return nothing;
    const { panel } = this;
    const most = spots[0]?.visits ?? 1;
    return html`
      <h3>${title}</h3>
      <table aria-label=${title}>
        <thead class="hidden-text">
          <tr>
            <th scope="col">${panel.t('visits')}</th>
            <th scope="col">${panel.t('code')}</th>
          </tr>
        </thead>
        <tbody>
          ${spots.map(
            spot =>
              html`<tr>
                <td class="number" ${setShare(spot.visits / most)}>${panel.number(spot.visits)}</td>
                <td class="text">
                  <button class="link" title=${panel.t('showInLog')} @click=${() => panel.goToSpot(spot)}>
                    <code>${spot.insn === undefined ? '' : `${spot.insn}: `}${spot.text}</code>
                  </button>
                  ${
                    spot.place === undefined || spot.place === ''
                      ? nothing
                      : html`<span class="place">${spot.place}</span>`
                  }
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    `;
  }
}
