// SPDX-License-Identifier: Apache-2.0
import { html, nothing, type TemplateResult } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { LineKind, LINE_KIND_NAMES } from '../../../extension/core/verifierLog/kinds';
import type { PageText } from '../../../extension/protocol/verifierPanel';
import { markMatches } from '../model/matches';
import type { Row } from '../model/row';
import { tokenize } from '../model/tokens';
import type { RailMark } from '../model/trace';
import { setTokens } from './setTokens';

export interface RowLook {
  readonly index: number;
  /** Rows in all. */
  readonly of: number;
  readonly selected: boolean;
  readonly rail: RailMark;
  /** What the search looks for, '' if it is no text. */
  readonly needle: string;
  readonly t: (key: PageText, ...values: (string | number)[]) => string;
}

const MAX_INDENT = 8;

/** What a screen reader says before a row's text. */
const KIND_TEXTS: Partial<Record<LineKind, PageText>> = {
  [LineKind.Error]: 'rowError',
  [LineKind.Report]: 'rowError',
  [LineKind.Unknown]: 'rowUnrecognized',
  [LineKind.Blank]: 'rowBlank',
};

/** A row whose text is on its way. */
export const emptyRow = (index: number, of: number): TemplateResult =>
  html`<div
    class="row waiting"
    id="row-${index}"
    role="option"
    aria-selected="false"
    aria-setsize=${of}
    aria-posinset=${index + 1}
  ></div>`;

export function rowTemplate(row: Row, look: RowLook): TemplateResult {
  const { index, of, selected, rail, t } = look;
  const kind = KIND_TEXTS[row.kind];
  const error = kind === 'rowError';
  const classes = {
    row: true,
    [`k-${LINE_KIND_NAMES[row.kind] ?? ''}`]: true,
    [`frame-${Math.min(row.frame, MAX_INDENT)}`]: row.frame > 0,
    selected,
    found: row.found,
    error,
  };
  return html`<div
    class=${classMap(classes)}
    id="row-${index}"
    data-row=${index}
    role="option"
    aria-selected=${selected}
    aria-setsize=${of}
    aria-posinset=${index + 1}
  >
    <span class="gutter" aria-hidden="true"
      ><span class="fold ${row.fold > 0 ? 'folded' : row.fold === 0 ? 'open' : ''}"></span
      ><span class="mark ${error ? 'mark-error' : kind === 'rowUnrecognized' ? 'mark-unknown' : ''}"></span
      ><span class="line">${row.line + 1}</span><span class=${classMap(railClasses(rail))}></span></span
    >${kind ? html`<span class="hidden-text">${t(kind)} </span>` : nothing}${
      rail.role ? html`<span class="hidden-text">${t(`role_${rail.role}`)} </span>` : nothing
    }<span
      class="text"
      ${setTokens(markMatches(tokenize(row), look.needle), row.fold > 0 ? t('linesFolded', row.fold) : '')}
    ></span>
  </div>`;
}

const railClasses = ({ up, down, role }: RailMark): Record<string, boolean> => ({
  rail: true,
  up,
  down,
  step: role !== undefined,
  [`role-${role ?? ''}`]: role !== undefined,
});
