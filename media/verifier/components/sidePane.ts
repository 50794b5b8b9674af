// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import type { VscodeTabs } from '@vscode-elements/elements/dist/vscode-tabs/index.js';
import { css, html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { PageText } from '../../../extension/protocol/verifierPanel';
import type { Pane } from '../model/panel';
import { PanelElement } from './element';
import './comparePane';
import './hotPane';
import './slicePane';
import './statePane';
import './statisticsPane';
import { shared } from './styles';

const PANES: readonly Pane[] = ['state', 'slice', 'hot', 'statistics', 'compare'];
const TITLES: Readonly<Record<Pane, PageText>> = {
  state: 'paneState',
  slice: 'paneSlice',
  hot: 'paneHot',
  statistics: 'paneStatistics',
  compare: 'paneCompare',
};

/** What is known about the selected line and about the whole log, a tab for each. */
@customElement('verifier-side')
export class SidePane extends PanelElement {
  static override styles = [
    shared,
    css`
      :host {
        background: var(--vscode-editor-background);
        display: block;
        overflow: auto;
      }
      vscode-tab-panel {
        display: block;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { panel } = this;
    return html`
      <vscode-tabs
        panel
        selected-index=${PANES.indexOf(panel.pane)}
        @vsc-tabs-select=${this.#selected}
        @keydown=${this.#key}
      >
        ${PANES.map(pane => html`<vscode-tab-header>${panel.t(TITLES[pane])}</vscode-tab-header>`)}
        <vscode-tab-panel><verifier-state .panel=${panel}></verifier-state></vscode-tab-panel>
        <vscode-tab-panel><verifier-slice .panel=${panel}></verifier-slice></vscode-tab-panel>
        <vscode-tab-panel><verifier-hot .panel=${panel}></verifier-hot></vscode-tab-panel>
        <vscode-tab-panel><verifier-statistics .panel=${panel}></verifier-statistics></vscode-tab-panel>
        <vscode-tab-panel><verifier-compare .panel=${panel}></verifier-compare></vscode-tab-panel>
      </vscode-tabs>
    `;
  }

  #selected(event: Event): void {
    const pane = PANES[(event.currentTarget as VscodeTabs).selectedIndex];
    if (pane) this.panel.setPane(pane);
  }

  #key(event: KeyboardEvent): void {
    // Space activates a tab, as Enter does.
    if (event.key !== ' ' || !(event.target instanceof HTMLElement) || event.target.role !== 'tab') return;
    event.preventDefault();
    event.target.click();
  }
}
