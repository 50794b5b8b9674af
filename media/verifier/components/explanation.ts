// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PageText, Place } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import { shared } from './styles';

/** Why the verifier refused the program, in plain words, and what to do. */
@customElement('verifier-explanation')
export class Explanation extends PanelElement {
  static override styles = [
    shared,
    css`
      section {
        background: var(--vscode-textBlockQuote-background);
        border-block-end: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
        border-inline-start: 4px solid var(--vscode-editorError-foreground, var(--vscode-errorForeground));
        color: var(--vscode-foreground);
        max-block-size: 40vh;
        overflow: auto;
        padding: 8px 12px;
      }
      header {
        align-items: center;
        display: flex;
        gap: 8px;
      }
      h2 {
        flex: 1;
        font-size: 1.1em;
        font-weight: 600;
      }
      header > vscode-icon {
        color: var(--vscode-editorError-foreground, var(--vscode-errorForeground));
      }
      .toggle {
        background: none;
        block-size: 22px;
        border: 0;
        border-radius: 5px;
        color: inherit;
        cursor: pointer;
        inline-size: 22px;
        padding: 3px;
      }
      .toggle:hover {
        background: var(--vscode-toolbar-hoverBackground);
      }
      .body {
        display: grid;
        gap: 4px 16px;
        grid-template-columns: max-content minmax(0, 110ch);
        padding-block-start: 6px;
        padding-inline-start: 24px;
      }
      /* In the panel area there is width, but hardly any height: what it said and where beside what to do. */
      @media (width >= 1000px) {
        .body {
          grid-auto-flow: dense;
          grid-template-columns: max-content minmax(0, 3fr) max-content minmax(0, 2fr);
        }
        dt.where {
          grid-column: 3;
        }
        dd.where {
          grid-column: 4;
        }
        dt:not(.where) {
          grid-column: 1;
        }
        dd:not(.where) {
          grid-column: 2;
        }
      }
      dt {
        color: var(--vscode-descriptionForeground);
      }
      dd {
        line-height: 1.45;
        overflow-wrap: anywhere;
      }
      dd.fix {
        font-weight: 600;
      }
      dd.fix code {
        font-weight: normal;
      }
      .place {
        margin-inline-end: 1ch;
      }
      @media (height < 400px) {
        section {
          max-block-size: 46vh;
          padding-block: 3px;
        }
        .body {
          padding-block-start: 0;
          row-gap: 0;
        }
        dd {
          line-height: 1.4;
        }
        code {
          line-height: 1;
        }
      }
      @media (width < 480px) {
        .body {
          grid-template-columns: minmax(0, 1fr);
          padding-inline-start: 0;
        }
        dd {
          margin-block-end: 4px;
        }
      }
    `,
  ];

  protected override render(): TemplateResult | typeof nothing {
    const { panel } = this;
    const card = panel.summary?.explanation;
    if (!card) return nothing;
    const { origin } = card;
    const open = panel.explanationOpen;
    return html`
      <section aria-labelledby="title" tabindex="-1">
        <header>
          <vscode-icon name="error"></vscode-icon>
          <h2 id="title">${card.title}</h2>
          <button
            class="toggle"
            aria-expanded=${open}
            aria-controls="body"
            aria-label=${panel.t('details')}
            title=${panel.t('details')}
            @click=${() => panel.openExplanation(!open)}
          >
            <vscode-icon name=${open ? 'chevron-up' : 'chevron-down'}></vscode-icon>
          </button>
        </header>
        <dl class="body" id="body" ?hidden=${!open}>
          ${this.#part('knew', card.knew)} ${this.#part('needed', card.needed)}
          ${this.#part('fix', card.fix, 'fix')}
          ${this.#line(
            'message',
            html`<code>${card.message}</code> ${this.#link(panel.t('showInLog'), () => panel.goToError())}`,
            'where',
          )}
          ${card.source ? this.#line('source', this.#source(card.source), 'where') : nothing}
          ${
            origin
              ? this.#line(
                  'origin',
                  html`${origin.source ? this.#source(origin.source) : html`<code>${origin.text}</code>`}
                  ${
                    origin.line === undefined
                      ? nothing
                      : this.#link(panel.t('showInLog'), () => panel.go({ line: origin.line ?? 0 }))
                  }`,
                  'where',
                )
              : nothing
          }
        </dl>
      </section>
    `;
  }

  #part(label: PageText, text: string, kind = ''): TemplateResult | typeof nothing {
    return text === '' ? nothing : this.#line(label, withCode(text), kind);
  }

  #line(label: PageText, content: unknown, kind = ''): TemplateResult {
    return html`<dt class=${kind}>${this.panel.t(label)}</dt>
      <dd class=${kind}>${content}</dd>`;
  }

  #link(text: string, action: () => void): TemplateResult {
    return html`<button class="link" @click=${action}>${text}</button>`;
  }

  #source(place: Place): TemplateResult {
    const open = () => this.panel.openSource(place);
    const code = html`<code>${place.text}</code>`;
    // Kernels before 6.8 print no line numbers: the line is found by its text.
    if (place.line === undefined) return html`<button class="link" @click=${open}>${code}</button>`;
    const name = `${place.file ?? ''}:${place.line}`;
    return html`<button class="link place" @click=${open}>${name}</button>${code}`;
  }
}

/** A text in which code stands between backticks. */
const withCode = (text: string): unknown[] =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
