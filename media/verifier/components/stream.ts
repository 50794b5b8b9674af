// SPDX-License-Identifier: Apache-2.0
import { html, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { parseQuery } from '../../../extension/core/verifierPanel/query';
import { MENU_KEYS } from '../../../extension/protocol/verifierPanel';
import { PanelElement } from './element';
import './minimap';
import type { MapEvent, Minimap } from './minimap';
import { emptyRow, rowTemplate } from './rowTemplate';
import { streamStyles } from './streamStyles';
import { shared } from './styles';
import { tokenStyles } from './tokenStyles';
import { Viewport } from './viewport';

/** Rows that are drawn above and below the screen, so that scrolling has them. */
const OVERSCAN = 4;
/** Rows beyond these that are asked for. */
const AHEAD = 200;

/** The log, a row for each line that is shown. Only the rows on screen exist. */
@customElement('verifier-stream')
export class Stream extends PanelElement {
  static override styles = [shared, tokenStyles, streamStyles];

  @query('.scroller')
  private accessor scroller!: HTMLElement;
  @query('.sizer')
  private accessor sizer!: HTMLElement;
  @query('.layer')
  private accessor layer!: HTMLElement;
  @query('verifier-minimap')
  private accessor minimap!: Minimap;
  @query('.probe')
  private accessor probe!: HTMLElement;

  #viewport: Viewport | undefined;
  #rowHeight = 20;
  #columns = 0;
  #revealed = 0;
  #first = 0;
  #end: (() => void) | undefined;
  readonly #resized = new ResizeObserver(() => this.requestUpdate());

  override focus(): void {
    this.scroller.focus({ preventScroll: true });
  }

  /** Selects the row that a context menu is opened on; what the menu's conditions are told. */
  pointAt(event: MouseEvent): Record<string, boolean> {
    const { panel } = this;
    const [target] = event.composedPath();
    const index = rowOf(target);
    const row = panel.rows.get(index ?? panel.row);
    if (index !== undefined) panel.goToRow(index);
    const value = row && target instanceof Element ? valueOf(target) : undefined;
    if (row) panel.pointAt(row.line, value);
    return { [MENU_KEYS.row]: row !== undefined, [MENU_KEYS.value]: value !== undefined };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = this.panel.rows.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
    this.#resized.disconnect();
    this.#viewport = undefined;
  }

  protected override firstUpdated(): void {
    this.#viewport = new Viewport(this.scroller, () => {
      this.requestUpdate();
    });
    this.#resized.observe(this.scroller);
    this.#resized.observe(this.probe);
    this.requestUpdate();
  }

  protected override willUpdate(): void {
    if (this.#viewport) this.#follow(this.#viewport);
  }

  protected override render(): TemplateResult {
    const { panel } = this;
    return html`
      <div class="probe" aria-hidden="true"></div>
      <div
        class="scroller"
        tabindex="0"
        role="listbox"
        aria-label=${panel.t('stream')}
        aria-describedby="keys"
        aria-activedescendant="row-${panel.row}"
        @keydown=${this.#key}
        @click=${this.#click}
        @dblclick=${() => panel.openSource()}
      >
        <div class="sizer" role="presentation">
          <div class="layer" role="presentation">${this.#rows()}</div>
        </div>
      </div>
      <verifier-minimap
        .panel=${panel}
        @go=${this.#goTo}
        @wheel=${(event: WheelEvent) => this.#viewport?.wheel(event)}
      ></verifier-minimap>
      <div id="keys" hidden>${panel.t('streamKeys')}</div>
    `;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const viewport = this.#viewport;
    if (!viewport) return;
    this.layer.style.transform = `translateY(${viewport.layerTop(this.#first)}px)`;
    this.sizer.style.setProperty('--columns', String(this.#columns));
    const lines = this.panel.summary?.lines ?? this.panel.view.rows;
    this.sizer.style.setProperty('--digits', String(Math.max(3, String(lines).length)));
    const { content } = viewport.map;
    if (content > 0) this.minimap.place(viewport.offset / content, this.scroller.clientHeight / content);
  }

  /** Brings the viewport up to date with the rows and the size of everything. */
  #follow(viewport: Viewport): void {
    const { panel } = this;
    this.#rowHeight = Math.max(1, Math.round(this.probe.offsetHeight));
    const { reveal, view } = panel;
    const extent = { rows: view.rows, rowHeight: this.#rowHeight, viewport: this.scroller.clientHeight };
    if (viewport.resize(extent)) {
      this.layer.style.setProperty('--row-height', `${this.#rowHeight}px`);
      this.sizer.style.height = `${viewport.map.height}px`;
      // Beside a log that is shorter than the screen each bar lies by its row.
      this.style.setProperty('--map-height', `min(100%, ${viewport.map.height}px)`);
      viewport.scrollTo(viewport.offset);
    }
    if (reveal.count !== this.#revealed && extent.viewport > 0) {
      this.#revealed = reveal.count;
      viewport.reveal(reveal.row);
    }
    const { first, end } = viewport.map.visible(viewport.offset, OVERSCAN);
    this.#first = first;
    panel.rows.want(first, end, AHEAD);
  }

  #rows(): unknown {
    const viewport = this.#viewport;
    if (!viewport) return [];
    const { panel } = this;
    const { rows: of } = panel.view;
    const { first, end } = viewport.map.visible(viewport.offset, OVERSCAN);
    const parsed = parseQuery(panel.search.query);
    const needle = parsed?.kind === 'text' ? parsed.text : '';
    const most = viewport.map.most(OVERSCAN);
    const indexes = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    return repeat(
      indexes,
      // The elements of rows that leave at one end are those of rows that come at the other.
      index => index % most,
      index => {
        const row = panel.rows.get(index);
        if (!row) return guard([of], () => emptyRow(index, of));
        const rail = panel.trace?.mark(row.line) ?? { up: false, down: false, role: undefined };
        // The line itself may be hidden: then it is the row that stands for it.
        const selected = index === panel.row;
        const marked = row.found ? needle : '';
        this.#columns = Math.max(this.#columns, row.text.length + 2 * row.frame);
        return guard([row, of, selected, marked, rail.up, rail.down, rail.role], () =>
          rowTemplate(row, {
            ...{ index, of, selected, rail, needle: marked },
            t: (key, ...values) => panel.t(key, ...values),
          }),
        );
      },
    );
  }

  #goTo({ share }: MapEvent): void {
    const viewport = this.#viewport;
    if (!viewport) return;
    viewport.scrollTo(share * viewport.map.content - this.scroller.clientHeight / 2);
    this.requestUpdate();
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey) return;
    const { panel } = this;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key === 'c' && getSelection()?.isCollapsed !== false) {
      panel.copy('line');
      event.preventDefault();
      return;
    }
    if (event.metaKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.#rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: panel.row - 1,
      ArrowDown: panel.row + 1,
      PageUp: panel.row - page,
      PageDown: panel.row + page,
      Home: 0,
      End: panel.view.rows - 1,
    };
    const row = steps[event.key];
    if (row !== undefined && !event.shiftKey) panel.goToRow(row);
    else if (event.key === 'Enter') panel.openSource();
    else if (event.key === 'f' && !event.ctrlKey) this.#toggleFold(panel.row);
    else return;
    event.preventDefault();
  }

  #click(event: MouseEvent): void {
    const [target] = event.composedPath();
    if (!(target instanceof Element)) return;
    const index = rowOf(target);
    if (index === undefined || getSelection()?.isCollapsed === false) return;
    const { panel } = this;
    panel.goToRow(index);
    if (target.closest('.fold')) this.#toggleFold(index);
    else if (target.closest('.t-place')) panel.openSource();
    else this.#trace(target, index);
  }

  #trace(target: Element, index: number): void {
    const row = this.panel.rows.get(index);
    const value = valueOf(target);
    if (row && value) void this.panel.traceValue({ line: row.line, ...value });
  }

  #toggleFold(index: number): void {
    const { panel } = this;
    const row = panel.rows.get(index);
    if (row && (panel.summary?.paths ?? 0) > 1) void panel.fold(row.line, row.fold <= 0);
  }
}

function rowOf(target: EventTarget | undefined): number | undefined {
  const text = target instanceof Element ? target.closest('[data-row]')?.getAttribute('data-row') : undefined;
  return text === undefined || text === null ? undefined : Number(text);
}

/** The register or stack slot that a part of a row stands for. */
function valueOf(target: Element): { readonly register: number } | { readonly slot: number } | undefined {
  const value = target.closest('.t-register');
  if (!value) return undefined;
  const slot = value.getAttribute('data-slot');
  return slot === null ? { register: Number(value.getAttribute('data-register')) } : { slot: Number(slot) };
}
