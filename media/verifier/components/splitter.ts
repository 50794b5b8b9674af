// SPDX-License-Identifier: Apache-2.0
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { MAX_SHARE, MIN_SHARE } from '../../../extension/protocol/verifierPanel';

const STEP = 3;

/** The edge between two panes: dragged, or moved with the arrow keys. Tells the first pane's share, in percent. */
@customElement('verifier-splitter')
export class Splitter extends LitElement {
  static override styles = css`
    :host {
      background: var(
        --vscode-panel-border,
        var(--vscode-contrastBorder, var(--vscode-descriptionForeground))
      );
      cursor: col-resize;
      touch-action: none;
    }
    div {
      block-size: 100%;
      inline-size: 100%;
    }
    :host(:hover) div,
    div:focus-visible {
      background: var(--vscode-sash-hoverBorder, var(--vscode-focusBorder));
      outline: none;
    }
  `;

  @property()
  accessor label = '';
  @property({ type: Number })
  accessor share = 60;
  /** Panes lie one below the other. */
  @property({ type: Boolean })
  accessor stacked = false;

  protected override render(): TemplateResult {
    return html`<div
      role="separator"
      tabindex="0"
      aria-label=${this.label}
      aria-orientation=${this.stacked ? 'horizontal' : 'vertical'}
      aria-valuemin=${MIN_SHARE}
      aria-valuemax=${MAX_SHARE}
      aria-valuenow=${Math.round(this.share)}
      @keydown=${this.#key}
      @pointerdown=${this.#grab}
      @pointermove=${this.#drag}
    ></div>`;
  }

  #key(event: KeyboardEvent): void {
    const less = ['ArrowLeft', 'ArrowUp'].includes(event.key);
    if (!less && !['ArrowRight', 'ArrowDown'].includes(event.key)) return;
    event.preventDefault();
    this.#set(this.share + (less ? -STEP : STEP));
  }

  #grab(event: PointerEvent): void {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  }

  #drag(event: PointerEvent): void {
    if (event.buttons !== 1) return;
    const box = this.parentElement?.getBoundingClientRect();
    if (!box) return;
    const share = this.stacked
      ? (event.clientY - box.top) / box.height
      : (event.clientX - box.left) / box.width;
    this.#set(share * 100);
  }

  #set(share: number): void {
    this.share = Math.min(Math.max(share, MIN_SHARE), MAX_SHARE);
    this.dispatchEvent(new Event('change'));
  }
}
