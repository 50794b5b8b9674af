// SPDX-License-Identifier: Apache-2.0
import { css, type CSSResult, unsafeCSS } from 'lit';

const INDENTS = [1, 2, 3, 4, 5, 6, 7, 8];

/** A glyph of the codicon font, which the page's own style sheet loads. */
const glyph = (code: string): CSSResult => css`
  content: '${unsafeCSS(`\\${code}`)}';
  font-family: codicon;
`;

export const streamStyles = [
  css`
    :host {
      background: var(--vscode-editor-background);
      color: var(--vscode-editor-foreground);
      container-type: inline-size;
      display: grid;
      font-family: var(--vscode-editor-font-family);
      font-size: var(--vscode-editor-font-size);
      font-weight: var(--vscode-editor-font-weight);
      grid-template-columns: minmax(0, 1fr) auto;
      overflow: hidden;
      position: relative;
    }
    verifier-minimap {
      inline-size: 56px;
    }
    @container (width < 480px) {
      verifier-minimap {
        inline-size: 36px;
      }
    }
    .probe {
      block-size: 1.55em;
      inline-size: 0;
      position: absolute;
      visibility: hidden;
    }
    .scroller {
      block-size: 100%;
      overflow: auto;
      overflow-anchor: none;
      position: relative;
    }
    .scroller:focus-visible {
      outline-offset: -1px;
    }
    .sizer {
      min-inline-size: max(100%, calc(var(--columns, 0) * 1ch + var(--digits, 3) * 1ch + 4.5ch + 64px));
      /* Rows beyond the last line shall not make the scrollbar's way longer. */
      overflow: visible clip;
      position: relative;
    }
    .layer {
      inset-block-start: 0;
      inset-inline: 0;
      position: absolute;
      will-change: transform;
    }
    .row {
      block-size: var(--row-height, 20px);
      contain: layout style;
      display: flex;
      line-height: var(--row-height, 20px);
      white-space: pre;
    }
    .gutter {
      color: var(--vscode-descriptionForeground);
      display: flex;
      flex: none;
      user-select: none;
    }
    .fold,
    .mark {
      font-size: 14px;
      inline-size: 18px;
      text-align: center;
    }
    .fold.open,
    .fold.folded {
      cursor: pointer;
    }
    .fold.open:hover,
    .fold.folded:hover {
      background: var(--vscode-toolbar-hoverBackground);
      border-radius: 3px;
      color: var(--vscode-foreground);
    }
    .fold.open::before {
      ${glyph('eab4')}
    }
    .fold.folded::before {
      ${glyph('eab6')}
    }
    .mark-error::before {
      ${glyph('ea87')}
      color: var(--vscode-editorError-foreground, var(--vscode-errorForeground));
    }
    .mark-unknown::before {
      ${glyph('eb32')}
      color: var(--vscode-editorWarning-foreground);
    }
    .line {
      font-variant-numeric: tabular-nums;
      min-inline-size: calc(var(--digits, 3) * 1ch);
      text-align: end;
    }
    .text {
      padding-inline-end: 2ch;
    }
  `,
  css`
    .rail {
      inline-size: 22px;
      position: relative;
    }
    .rail.up::before,
    .rail.down::before {
      border-inline-start: 2px solid var(--vscode-charts-blue, var(--vscode-textLink-foreground));
      content: '';
      inset-block: 0;
      inset-inline-start: 10px;
      position: absolute;
    }
    .rail.up:not(.down)::before {
      inset-block-end: 50%;
    }
    .rail.down:not(.up)::before {
      inset-block-start: 50%;
    }
    .rail.step::after {
      ${glyph('ea9a')}
      background: var(--vscode-editor-background);
      border-radius: 50%;
      color: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
      font-size: 14px;
      inset-block-start: 50%;
      inset-inline-start: 4px;
      line-height: 1;
      position: absolute;
      transform: translateY(-50%);
    }
    .rail.role-made::after {
      ${glyph('ea71')}
    }
    .rail.role-narrowed::after {
      ${glyph('eaf1')}
    }
    .rail.role-origin::after {
      ${glyph('ebf8')}
    }
    .row:has(.rail.step) {
      background: color-mix(
        in srgb,
        var(--vscode-charts-blue, var(--vscode-textLink-foreground)) 8%,
        transparent
      );
    }
  `,
  css`
    .row:hover {
      background: var(--vscode-list-hoverBackground);
    }
    .row.k-Source .text {
      font-style: normal;
    }
    .row.error {
      background: color-mix(in srgb, var(--vscode-editorError-foreground, #f14c4c) 12%, transparent);
      box-shadow: inset 3px 0 0 var(--vscode-editorError-foreground, var(--vscode-errorForeground));
      font-weight: 600;
    }
    .row.k-Unknown .text {
      text-decoration: underline dotted var(--vscode-editorWarning-foreground);
      text-underline-offset: 3px;
    }
    .row.selected {
      outline: 1px solid
        var(--vscode-contrastActiveBorder, var(--vscode-list-focusOutline, var(--vscode-focusBorder)));
      outline-offset: -1px;
    }
    .row.selected:not(.error) {
      background: var(--vscode-list-hoverBackground);
    }
    .scroller:not(:focus) .row.selected {
      outline-color: var(--vscode-list-inactiveFocusOutline, var(--vscode-descriptionForeground));
    }
    .row.found .line {
      box-shadow: inset -3px 0 0 var(--vscode-editorOverviewRuler-findMatchForeground, #d18616);
      padding-inline-end: 6px;
    }
    .match {
      background: transparent;
      border-radius: 2px;
      box-shadow: inset 0 0 0 1px var(--vscode-editorOverviewRuler-findMatchForeground, #d18616);
    }
    .text [data-register],
    .text [data-slot] {
      border-radius: 3px;
      cursor: pointer;
    }
    .text [data-register]:hover,
    .text [data-slot]:hover {
      text-decoration: underline;
    }
    .t-place {
      cursor: pointer;
    }
    .t-place:hover {
      text-decoration: underline;
    }
    .folded-count {
      border: 1px solid var(--vscode-descriptionForeground);
      border-radius: 3px;
      color: var(--vscode-descriptionForeground);
      margin-inline-start: 2ch;
      padding-inline: 1ch;
    }
    .waiting::after {
      background: var(--vscode-descriptionForeground);
      block-size: 1px;
      content: '';
      inline-size: 20ch;
      margin-block: auto;
      margin-inline-start: 16ch;
      opacity: 0.3;
    }
    @media (forced-colors: active) {
      .row.selected {
        outline: 2px solid Highlight;
        outline-offset: -2px;
      }
      .row.error {
        border-inline-start: 3px solid CanvasText;
      }
    }
  `,
  ...INDENTS.map(
    depth => css`
      .frame-${unsafeCSS(depth)} .text {
        border-inline-start: 1px solid
          var(--vscode-editorIndentGuide-background1, var(--vscode-descriptionForeground));
        margin-inline-start: ${unsafeCSS(depth * 2 - 1)}ch;
        padding-inline-start: 1ch;
      }
    `,
  ),
];
