// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import type { VscodeTextfield } from '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { searchWords } from '../model/words';
import { PanelElement } from './element';
import { shared } from './styles';

/** From the last key on, so that typing a word does not look for each of its beginnings in a large log. */
const TYPING_MS = 250;

/** Search: what is looked for, how often it is there, next and previous. */
@customElement('verifier-search')
export class SearchBox extends PanelElement {
  static override styles = [
    shared,
    css`
      :host {
        align-items: center;
        display: flex;
        gap: 4px;
      }
      vscode-textfield {
        flex: 1 1 auto;
        inline-size: auto;
        min-inline-size: 120px;
      }
      .count {
        color: var(--vscode-descriptionForeground);
        font-variant-numeric: tabular-nums;
        min-inline-size: 9ch;
        white-space: nowrap;
      }
      @media (width < 640px) {
        .count:empty {
          display: none;
        }
      }
      .none {
        color: var(--vscode-errorForeground);
      }
    `,
  ];

  @query('vscode-textfield')
  private accessor field!: VscodeTextfield;

  #timer: number | undefined;

  override focus(): void {
    this.field.focus();
    this.field.wrappedElement.select();
  }

  /** The cancel button goes with the search: the keyboard is not left on nothing. */
  protected override willUpdate(): void {
    const button = this.shadowRoot?.querySelector('.cancel');
    const { running, long } = this.panel.search;
    if (!button || button !== this.shadowRoot?.activeElement || (running && long)) return;
    // The field itself has the focus already, with all that lies in it.
    this.field.wrappedElement.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    const { search } = this.panel;
    const { t } = this.#texts;
    const none = search.query !== '' && search.count === 0 && !search.running && !search.cancelled;
    return html`
      <vscode-textfield
        type="search"
        label=${t('search')}
        placeholder=${t('searchHint')}
        title=${t('searchHint')}
        .value=${search.query}
        maxlength="1000"
        @input=${this.#typed}
        @keydown=${this.#key}
      >
        ${
          search.running && search.long
            ? html`<vscode-icon
                class="cancel"
                slot="content-after"
                action-icon
                name="stop-circle"
                label=${t('cancelSearch')}
                title=${t('cancelSearch')}
                @click=${this.#cancel}
              ></vscode-icon>`
            : nothing
        }
      </vscode-textfield>
      <span class="count ${none ? 'none' : ''}" aria-hidden="true">${this.words()}</span>
      <vscode-toolbar-button
        icon="arrow-up"
        label=${t('previousMatch')}
        title=${t('previousMatch')}
        @click=${() => void search.go(-1)}
      ></vscode-toolbar-button>
      <vscode-toolbar-button
        icon="arrow-down"
        label=${t('nextMatch')}
        title=${t('nextMatch')}
        @click=${() => void search.go(1)}
      ></vscode-toolbar-button>
    `;
  }

  /** What was found, in words. */
  words(): string {
    return searchWords(this.panel);
  }

  get #texts() {
    return { t: this.panel.t.bind(this.panel) };
  }

  #cancel(): void {
    this.panel.search.cancel();
  }

  #typed(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#find(), TYPING_MS);
  }

  #find(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.panel.find(this.field.value);
  }

  #key(event: KeyboardEvent): void {
    const { search } = this.panel;
    // The cancel button lies in the field, and has keys of its own but this one.
    if (event.target !== this.field && event.key !== 'Escape') return;
    if (event.key === 'Enter') {
      event.preventDefault();
      const anew = this.#timer !== undefined || this.field.value !== search.query || search.cancelled;
      if (anew) this.#find();
      else void search.go(event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (search.running && search.long) search.cancel();
      else if (this.field.value !== '') {
        this.field.value = '';
        this.#find();
      } else this.dispatchEvent(new Event('left', { bubbles: true, composed: true }));
    }
  }
}
