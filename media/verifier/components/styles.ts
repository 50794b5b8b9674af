// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** What all components share: boxes, code, links and focus as in the workbench. */
export const shared = css`
  :host {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  code,
  .code {
    font-family: var(--vscode-editor-font-family);
    font-size: var(--vscode-editor-font-size);
  }
  button.link {
    background: none;
    border: 0;
    color: var(--vscode-textLink-foreground);
    cursor: pointer;
    font: inherit;
    padding: 0;
    text-align: start;
  }
  button.link:hover {
    color: var(--vscode-textLink-activeForeground);
    text-decoration: underline;
  }
  .dim {
    color: var(--vscode-descriptionForeground);
  }
  h2,
  h3,
  p,
  dl,
  dd,
  ul,
  ol {
    margin: 0;
    padding: 0;
  }
  .hidden-text {
    block-size: 1px;
    clip-path: inset(50%);
    inline-size: 1px;
    overflow: hidden;
    position: absolute;
    white-space: nowrap;
  }
`;

/** A list or table of a side pane. */
export const pane = css`
  :host {
    display: block;
    padding: 8px 12px;
  }
  h3 {
    color: var(--vscode-descriptionForeground);
    font-size: inherit;
    font-weight: 600;
    margin-block: 12px 4px;
  }
  h3:first-child {
    margin-block-start: 0;
  }
  p + p {
    margin-block-start: 8px;
  }
  table {
    border-collapse: collapse;
    inline-size: 100%;
  }
  th,
  td {
    font-weight: normal;
    padding: 2px 12px 2px 0;
    text-align: start;
    vertical-align: top;
  }
  td.number {
    font-variant-numeric: tabular-nums;
    text-align: end;
    white-space: nowrap;
  }
  thead th {
    color: var(--vscode-descriptionForeground);
  }
`;
