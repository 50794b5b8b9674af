// SPDX-License-Identifier: Apache-2.0
import { css, html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import type { Overview as Buckets } from '../../../extension/protocol/verifierPanel';
import { heatOf, placeOfLine } from '../model/overview';
import { PanelElement } from './element';
import { shared } from './styles';

/** Width of the drawing in its own units: marks of the search, of the slice, then the bars. */
const WIDTH = 100;
const FOUND = { from: 2, to: 14 };
const TRACE = { from: 18, to: 30 };
const BARS = 36;
/** From which heat on a bar is warm, and hot. */
const WARM = 0.45;
const HOT = 0.8;

/** Goes to where the middle of the screen shall be, as a share of all rows. */
export class MapEvent extends Event {
  readonly share: number;

  constructor(share: number) {
    super('go');
    this.share = share;
  }
}

/**
 * A strip beside the rows: where the verifier spent its instructions, and where the error, the selected line, the
 * slice and the places of the search are. For the mouse; by keyboard each of these has its key, and the hot spots
 * have their table.
 */
@customElement('verifier-minimap')
export class Minimap extends PanelElement {
  static override styles = [
    shared,
    css`
      :host {
        border-inline-start: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
        cursor: pointer;
        display: block;
        overflow: hidden;
        touch-action: none;
      }
      .strip {
        block-size: var(--map-height, 100%);
        position: relative;
      }
      svg {
        block-size: 100%;
        display: block;
        inline-size: 100%;
      }
      .bars {
        /* The charts' colours are missing in high contrast. */
        fill: var(--vscode-editorWarning-foreground, var(--vscode-foreground));
      }
      .cold {
        fill-opacity: 0.55;
      }
      .warm {
        fill-opacity: 0.8;
      }
      .mark {
        fill: none;
        stroke-width: 2px;
        vector-effect: non-scaling-stroke;
      }
      .found {
        stroke: var(--vscode-editorOverviewRuler-findMatchForeground, #d18616);
      }
      .trace {
        stroke: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
      }
      .error {
        stroke: var(--vscode-editorError-foreground, var(--vscode-errorForeground));
        stroke-width: 3px;
      }
      .selected {
        stroke: var(--vscode-foreground);
      }
      .window {
        background: color-mix(in srgb, var(--vscode-foreground) 12%, transparent);
        inset-block-start: 0;
        inset-inline: 0;
        min-block-size: 6px;
        outline: 1px solid
          var(--vscode-contrastActiveBorder, color-mix(in srgb, var(--vscode-foreground) 30%, transparent));
        outline-offset: -1px;
        position: absolute;
      }
      :host(:hover) .window {
        background: color-mix(in srgb, var(--vscode-foreground) 20%, transparent);
      }
      @media (forced-colors: active) {
        .window {
          outline-color: Highlight;
        }
      }
    `,
  ];

  @query('.strip')
  private accessor strip!: HTMLElement;
  @query('.window')
  private accessor box!: HTMLElement;

  #end: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = this.panel.overview.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
  }

  /** Shows which part of the rows is on screen, as shares of all rows; drawn without rendering anew. */
  place(top: number, size: number): void {
    if (!this.hasUpdated) return;
    // All of it: nothing to go to.
    this.box.hidden = size >= 1;
    this.box.style.insetBlockStart = `${(100 * top).toFixed(3)}%`;
    this.box.style.blockSize = `${(100 * Math.min(1, size)).toFixed(3)}%`;
  }

  protected override render(): TemplateResult {
    const { panel } = this;
    const { buckets } = panel.overview;
    const { errorLine } = panel.summary ?? {};
    return html`<div
      class="strip"
      aria-hidden="true"
      @pointerdown=${this.#grab}
      @pointermove=${this.#moved}
      @pointerleave=${() => this.strip.removeAttribute('title')}
    >
      ${
        buckets === undefined
          ? nothing
          : guard([buckets, panel.line, panel.row, panel.trace, errorLine], () => this.#drawing(buckets))
      }
      <div class="window"></div>
    </div>`;
  }

  #drawing(buckets: Buckets): TemplateResult {
    const { panel } = this;
    const { length } = buckets.lines;
    const heat = heatOf(buckets);
    const at = (line: number): number => placeOfLine(buckets, line);
    const { errorLine } = panel.summary ?? {};
    const { slice } = panel.trace ?? {};
    const trace = slice === undefined ? [] : [slice.line, ...slice.steps.map(({ line }) => line)];
    return html`<svg viewBox="0 0 ${WIDTH} ${length}" preserveAspectRatio="none">
      ${svg`
        <path class="bars cold" d=${bars(heat, 0, WARM)} />
        <path class="bars warm" d=${bars(heat, WARM, HOT)} />
        <path class="bars hot" d=${bars(heat, HOT, 2)} />
        ${mark(
          'found',
          buckets.found.flatMap((count, i) => (count > 0 ? [i + 0.5] : [])),
          FOUND,
        )}
        ${mark('trace', trace.map(at), TRACE)}
        ${mark('selected', [((panel.row + 0.5) / buckets.rows) * length])}
        ${mark('error', errorLine === undefined ? [] : [at(errorLine)])}
      `}
    </svg>`;
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.strip.setPointerCapture(event.pointerId);
    this.#go(event);
  }

  #moved(event: PointerEvent): void {
    if ((event.buttons & 1) === 1) this.#go(event);
    else this.strip.title = this.#region(this.#share(event));
  }

  #go(event: PointerEvent): void {
    this.dispatchEvent(new MapEvent(this.#share(event)));
  }

  #share({ clientY }: PointerEvent): number {
    const { top, height } = this.strip.getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientY - top) / height));
  }

  /** What is under the pointer, in words. */
  #region(share: number): string {
    const { panel } = this;
    const { buckets } = panel.overview;
    if (buckets === undefined) return panel.t('mapHint');
    const { lines, insns, visits } = buckets;
    const bucket = Math.min(lines.length - 1, Math.floor(share * lines.length));
    const first = (lines[bucket] ?? 0) + 1;
    const last = lines[bucket + 1] ?? panel.summary?.lines ?? first;
    const region = panel.t('mapRegion', first, last, insns[bucket] ?? 0, visits[bucket] ?? 0);
    const note = panel.summary?.exact === false ? `\n${panel.t('notExact')}` : '';
    return `${panel.t('mapHint')}\n${region}${note}`;
  }
}

/** Bars of the buckets whose heat is from one bound up to another. */
function bars(heat: readonly number[], from: number, to: number): string {
  return heat
    .map((one, i) =>
      one > 0 && one >= from && one < to
        ? `M${BARS} ${i}h${(one * (WIDTH - BARS)).toFixed(1)}v1H${BARS}z`
        : '',
    )
    .join('');
}

function mark(
  kind: string,
  places: readonly number[],
  { from, to } = { from: 0, to: WIDTH },
): TemplateResult {
  const path = [...new Set(places)].map(y => `M${from} ${y.toFixed(3)}H${to}`).join('');
  return svg`<path class="mark ${kind}" d=${path} />`;
}

declare global {
  interface HTMLElementTagNameMap {
    'verifier-minimap': Minimap;
  }
}
