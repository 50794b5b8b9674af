// SPDX-License-Identifier: Apache-2.0
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Bar } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import { setShare } from './share';
import { pane, shared } from './styles';

/** Share of a limit from which on it deserves attention. */
const NEAR = 0.8;

/** What the verifier counted, and how near that is to its limits. */
@customElement('verifier-statistics')
export class StatisticsPane extends PanelElement {
  static override styles = [
    shared,
    pane,
    css`
      .bar {
        margin-block-end: 10px;
      }
      .words {
        display: flex;
        gap: 12px;
        justify-content: space-between;
      }
      .value {
        font-variant-numeric: tabular-nums;
        font-weight: 600;
        white-space: nowrap;
      }
      .meter {
        background: var(--vscode-editorWidget-background);
        block-size: 6px;
        border: 1px solid var(--vscode-widget-border, var(--vscode-descriptionForeground));
        border-radius: 3px;
        margin-block-start: 3px;
        overflow: hidden;
      }
      .fill {
        background: var(--vscode-charts-blue);
        block-size: 100%;
        inline-size: max(2px, calc(var(--share, 0) * 100%));
      }
      .near .fill {
        background: var(--vscode-charts-orange);
      }
      .full .fill {
        background: var(--vscode-charts-red);
      }
      dl {
        display: grid;
        gap: 3px 12px;
        grid-template-columns: 1fr max-content;
      }
      dd {
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
      @media (forced-colors: active) {
        .fill {
          background: Highlight;
          forced-color-adjust: none;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { panel } = this;
    const { summary } = panel;
    if (!summary) return html`<p class="dim">${panel.t('loading')}</p>`;
    const limited = summary.bars.filter(bar => bar.limit !== undefined);
    const others = summary.bars.filter(bar => bar.limit === undefined);
    const facts: readonly (readonly [string, string])[] = [
      ...others.map(({ label, text }) => [label, text] as const),
      [panel.t('lines'), panel.number(summary.lines)],
      [panel.t('bytes'), panel.number(summary.bytes)],
      [panel.t('paths'), panel.number(summary.paths)],
      [panel.t('unrecognizedLines'), panel.number(summary.unrecognized)],
      ...(summary.programs.length === 0 ? [] : [[panel.t('programs'), summary.programs.join(', ')] as const]),
    ];
    return html`
      ${limited.map(bar => this.#bar(bar))}
      <dl>
        ${facts.map(
          ([label, text]) =>
            html`<dt>${label}</dt>
              <dd>${text}</dd>`,
        )}
      </dl>
    `;
  }

  #bar({ label, value, limit, text }: Bar): TemplateResult | typeof nothing {
    if (limit === undefined || limit === 0) return nothing;
    const share = Math.min(1, value / limit);
    return html`<div class="bar ${share >= 1 ? 'full' : share >= NEAR ? 'near' : ''}">
      <div class="words"><span>${label}</span><span class="value">${text}</span></div>
      <div
        class="meter"
        role="meter"
        aria-label=${label}
        aria-valuemin="0"
        aria-valuemax=${limit}
        aria-valuenow=${value}
        aria-valuetext=${text}
      >
        <div class="fill" ${setShare(share)}></div>
      </div>
    </div>`;
  }
}
