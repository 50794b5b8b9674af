// SPDX-License-Identifier: Apache-2.0
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { spoken } from '../model/words';
import { appStyles } from './appStyles';
import { PanelElement } from './element';
import './explanation';
import './sidePane';
import { setShare } from './share';
import './splitter';
import type { Splitter } from './splitter';
import { SlicePane } from './slicePane';
import { Stream } from './stream';
import { shared } from './styles';
import './toolbar';
import type { Toolbar } from './toolbar';

/** Below this width, in pixels, the side pane lies under the stream. */
const NARROW = 760;

/** The whole page. */
@customElement('verifier-app')
export class App extends PanelElement {
  static override styles = [shared, appStyles];

  @query('verifier-stream')
  private accessor stream!: Stream | null;
  @query('verifier-toolbar')
  private accessor toolbar!: Toolbar | null;
  @state()
  private accessor stacked = false;

  readonly #resized = new ResizeObserver(() => (this.stacked = this.clientWidth < NARROW));
  readonly #key = (event: KeyboardEvent) => this.#pressed(event);
  readonly #focus = () => this.panel.used();
  readonly #menu = (event: MouseEvent) => this.#describe(event);

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    window.addEventListener('keydown', this.#key);
    window.addEventListener('focus', this.#focus);
    this.addEventListener('contextmenu', this.#menu);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    window.removeEventListener('keydown', this.#key);
    window.removeEventListener('focus', this.#focus);
    this.removeEventListener('contextmenu', this.#menu);
  }

  protected override render(): TemplateResult {
    const { panel } = this;
    const { phase } = panel;
    return html`
      ${
        phase === 'starting'
          ? nothing
          : html`<header>
              <h1 class="hidden-text">${panel.t('log')}</h1>
              <verifier-toolbar .panel=${panel} @left=${() => this.stream?.focus()}></verifier-toolbar>
            </header>`
      }
      ${this.#notices()} ${phase === 'shown' || phase === 'loading' ? this.#log() : nothing}
      ${phase === 'empty' ? this.#empty(panel.t('empty'), panel.t('emptyHint')) : nothing}
      ${phase === 'failed' ? this.#empty(panel.t('failed'), panel.failure) : nothing}
      <div class="hidden-text" role="status" aria-live="polite">${spoken(panel)}</div>
    `;
  }

  #log(): TemplateResult {
    const { panel } = this;
    return html`
      <verifier-explanation .panel=${panel}></verifier-explanation>
      <main class=${this.stacked ? 'stacked' : ''} ${setShare(panel.share)}>
        <verifier-stream .panel=${panel}></verifier-stream>
        <verifier-splitter
          label=${panel.t('splitter')}
          .share=${panel.share}
          .stacked=${this.stacked}
          @change=${(event: Event) => panel.setShare((event.target as Splitter).share)}
        ></verifier-splitter>
        <verifier-side .panel=${panel}></verifier-side>
      </main>
    `;
  }

  #notices(): TemplateResult {
    const { panel } = this;
    const { progress, summary, complaint } = panel;
    return html`
      ${
        panel.phase === 'loading'
          ? html`<vscode-progress-bar
              class="progress"
              aria-label=${panel.t('loading')}
              ?indeterminate=${!progress}
              .value=${(progress?.share ?? 0) * 100}
            ></vscode-progress-bar>`
          : nothing
      }
      ${(summary?.warnings ?? []).map(
        warning =>
          html`<p class="notice"><span class="codicon warning" aria-hidden="true"></span>${warning}</p>`,
      )}
      ${
        complaint === ''
          ? nothing
          : html`<p class="notice" role="alert">
              <span class="codicon warning" aria-hidden="true"></span><span class="words">${complaint}</span>
              <button class="link" @click=${() => panel.dismiss()}>${panel.t('dismiss')}</button>
            </p>`
      }
    `;
  }

  #empty(title: string, hint: string): TemplateResult {
    const { panel } = this;
    return html`<div class="empty">
      <h2>${title}</h2>
      <p>${hint}</p>
      <div class="actions">
        <vscode-button @click=${() => panel.openFrom('file')}>${panel.t('openFile')}</vscode-button>
        <vscode-button secondary @click=${() => panel.openFrom('clipboard')}
          >${panel.t('openClipboard')}</vscode-button
        >
        <vscode-button secondary @click=${() => panel.openFrom('editor')}
          >${panel.t('openEditor')}</vscode-button
        >
      </div>
    </div>`;
  }

  /** VS Code looks for what its menu is about on this element only: it does not see into shadow trees. */
  #describe(event: MouseEvent): void {
    const stream = event.composedPath().find(part => part instanceof Stream);
    this.dataset['vscodeContext'] = JSON.stringify(stream?.pointAt(event) ?? {});
  }

  #pressed(event: KeyboardEvent): void {
    const { panel } = this;
    if (event.key === 'F3') void panel.search.go(event.shiftKey ? -1 : 1);
    else if (event.key.toLowerCase() === 'f' && (event.ctrlKey || event.metaKey)) this.toolbar?.focusSearch();
    else if (!this.#single(event)) return;
    event.preventDefault();
  }

  /** Keys without a modifier, where they mean the log: elsewhere they are typed, or choose from a list. */
  #single(event: KeyboardEvent): boolean {
    const onLog = event.composedPath().some(part => part instanceof Stream || part instanceof SlicePane);
    if (!onLog || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
    const { panel } = this;
    const actions: Readonly<Record<string, () => void>> = {
      e: () => panel.goToError(),
      '[': () => panel.stepTrace(-1),
      ']': () => panel.stepTrace(1),
      Escape: () => panel.endTrace(),
    };
    const action = actions[event.key];
    action?.();
    return action !== undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'verifier-app': App;
  }
}
