// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { PanelElement } from './element';
import { pane, shared } from './styles';

/** Steps that are listed; all are marked in the stream and can be stepped through. */
const LISTED = 300;

/** Where the value of a register or slot comes from, step by step back to its origins. */
@customElement('verifier-slice')
export class SlicePane extends PanelElement {
  static override styles = [
    shared,
    pane,
    css`
      header {
        align-items: center;
        display: flex;
        gap: 4px;
        margin-block-end: 6px;
      }
      header p {
        flex: 1;
      }
      ol {
        list-style: none;
      }
      li button {
        align-items: baseline;
        background: none;
        border: 0;
        border-radius: 3px;
        color: inherit;
        cursor: pointer;
        display: grid;
        font: inherit;
        gap: 0 12px;
        grid-template-columns: 6ch 8ch minmax(0, 1fr);
        inline-size: 100%;
        padding: 3px 6px;
        text-align: start;
      }
      li button:hover {
        background: var(--vscode-list-hoverBackground);
      }
      li button[aria-current='true'] {
        outline: 1px solid var(--vscode-focusBorder);
        outline-offset: -1px;
      }
      .line {
        color: var(--vscode-descriptionForeground);
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
      code {
        overflow-wrap: anywhere;
      }
      .role {
        color: var(--vscode-descriptionForeground);
        grid-column: 3;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { panel } = this;
    const { trace } = panel;
    if (!trace) return html`<p class="dim">${panel.t('noSlice')}</p>`;
    const { target, line, steps, cut } = trace.slice;
    return html`
      <header>
        <p>${panel.t('sliceOf', target, line + 1, steps.length)}</p>
        <vscode-toolbar-button
          icon="arrow-down"
          label=${panel.t('stepBack')}
          title=${panel.t('stepBack')}
          @click=${() => panel.stepTrace(-1)}
        ></vscode-toolbar-button>
        <vscode-toolbar-button
          icon="arrow-up"
          label=${panel.t('stepOn')}
          title=${panel.t('stepOn')}
          @click=${() => panel.stepTrace(1)}
        ></vscode-toolbar-button>
        <vscode-toolbar-button
          icon="close"
          label=${panel.t('endSlice')}
          title=${panel.t('endSlice')}
          @click=${() => panel.endTrace()}
        ></vscode-toolbar-button>
      </header>
      ${steps.length === 0 ? html`<p class="dim">${panel.t('noSteps')}</p>` : nothing}
      <ol>
        ${steps.slice(0, LISTED).map(
          (step, index) =>
            html`<li>
              <button aria-current=${index === trace.index} @click=${() => panel.goToStep(index)}>
                <span class="line">${step.line + 1}</span>
                <code>${step.target}</code>
                <code>${step.text}</code>
                <span class="role">${panel.t(`role_${step.role}`)}</span>
              </button>
            </li>`,
        )}
      </ol>
      ${cut || steps.length > LISTED ? html`<p class="dim">${panel.t('sliceCut', Math.min(LISTED, steps.length))}</p>` : nothing}
    `;
  }
}
