// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const appStyles = css`
  :host {
    background: var(--vscode-editor-background);
    block-size: 100%;
    color: var(--vscode-foreground);
    display: flex;
    flex-direction: column;
    inline-size: 100%;
    overflow: hidden;
    position: relative;
  }
  header,
  verifier-explanation,
  .notice {
    flex: none;
  }
  main {
    display: grid;
    flex: 1;
    grid-template-columns: minmax(0, calc(var(--share) * 1%)) 5px minmax(0, 1fr);
    min-block-size: 0;
  }
  main.stacked {
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: minmax(0, calc(var(--share) * 1%)) 5px minmax(0, 1fr);
  }
  main.stacked verifier-splitter {
    cursor: row-resize;
  }
  .progress {
    inset-inline: 0;
    inset-block-start: 0;
    position: absolute;
  }
  .notice {
    align-items: baseline;
    background: var(--vscode-inputValidation-warningBackground);
    border: 1px solid var(--vscode-inputValidation-warningBorder);
    color: var(--vscode-inputValidation-warningForeground, var(--vscode-foreground));
    display: flex;
    gap: 8px;
    padding: 4px 12px;
  }
  .notice .words {
    flex: 1;
  }
  .codicon {
    font-family: codicon;
  }
  .warning::before {
    content: '\\ea6c';
  }
  .empty {
    align-self: center;
    display: grid;
    gap: 12px;
    margin-block: auto;
    max-inline-size: 60ch;
    padding: 24px;
  }
  .empty h2 {
    font-size: 1.3em;
    font-weight: 600;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none;
      transition: none;
    }
  }
`;
