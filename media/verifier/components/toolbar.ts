// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/index.js';
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { type Filter, FILTERS, type PageText } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import type { SearchBox } from './searchBox';
import './searchBox';
import { shared } from './styles';

/** Chooser of logs, search, filter and actions. */
@customElement('verifier-toolbar')
export class Toolbar extends PanelElement {
  static override styles = [
    shared,
    css`
      :host {
        align-items: center;
        border-block-end: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        padding: 6px 10px;
      }
      vscode-single-select {
        min-inline-size: 0;
      }
      .log {
        flex: 0 1 260px;
        inline-size: 260px;
      }
      .filter {
        flex: none;
        inline-size: 130px;
      }
      verifier-search {
        flex: 1 1 240px;
      }
      .group {
        display: flex;
        gap: 2px;
      }
      .group.end {
        margin-inline-start: auto;
      }
    `,
  ];

  @query('verifier-search')
  private accessor searchBox!: SearchBox;

  focusSearch(): void {
    this.searchBox.focus();
  }

  protected override render(): TemplateResult {
    const { panel } = this;
    const { summary, view } = panel;
    return html`
      ${
        panel.logs.length === 0
          ? nothing
          : html`<vscode-single-select
              class="log"
              label=${panel.t('log')}
              title=${panel.log ? `${panel.log.title}\n${panel.log.detail}` : panel.t('log')}
              .value=${panel.log?.id ?? ''}
              @change=${this.#chosen}
            >
              ${panel.logs.map(
                ({ id, title, detail, verdict }) =>
                  html`<vscode-option
                    value=${id}
                    description=${`${panel.t(verdict)} · ${detail}`}
                    ?selected=${id === panel.log?.id}
                    >${title}</vscode-option
                  >`,
              )}
            </vscode-single-select>`
      }
      <div class="group">
        ${this.#button('folder-opened', 'openFile', () => panel.openFrom('file'))}
        ${this.#button('clippy', 'openClipboard', () => panel.openFrom('clipboard'))}
        ${this.#button('file-code', 'openEditor', () => panel.openFrom('editor'))}
      </div>
      <verifier-search .panel=${panel}></verifier-search>
      <vscode-single-select
        class="filter"
        label=${panel.t('filter')}
        title=${panel.t('filter')}
        .value=${view.filter}
        @change=${this.#filtered}
      >
        ${FILTERS.map(
          filter =>
            html`<vscode-option value=${filter} ?selected=${filter === view.filter}
              >${panel.t(FILTER_TEXTS[filter])}</vscode-option
            >`,
        )}
      </vscode-single-select>
      <div class="group end">
        ${
          summary?.errorLine === undefined
            ? nothing
            : this.#button('error', 'goToError', () => panel.goToError())
        }
        ${
          (summary?.paths ?? 0) > 1
            ? [
                this.#button('collapse-all', 'foldAll', () => void panel.fold(undefined, true)),
                this.#button('expand-all', 'unfoldAll', () => void panel.fold(undefined, false)),
              ]
            : nothing
        }
        ${this.#button('copy', 'copyState', () => panel.copy('state'))}
        ${this.#button('go-to-file', 'openText', () => panel.openFrom('text'))}
      </div>
    `;
  }

  #button(icon: string, text: PageText, action: () => void): TemplateResult {
    const label = this.panel.t(text);
    return html`<vscode-toolbar-button
      icon=${icon}
      label=${label}
      title=${label}
      @click=${action}
    ></vscode-toolbar-button>`;
  }

  #chosen(event: Event): void {
    const { value } = event.target as VscodeSingleSelect;
    if (value !== this.panel.log?.id) this.panel.open(value);
  }

  #filtered(event: Event): void {
    const { value } = event.target as VscodeSingleSelect;
    void this.panel.setFilter(value as Filter);
  }
}

const FILTER_TEXTS: Readonly<Record<Filter, PageText>> = {
  all: 'filterAll',
  instructions: 'filterInstructions',
  source: 'filterSource',
  errors: 'filterErrors',
  unrecognized: 'filterUnrecognized',
};
