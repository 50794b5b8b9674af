// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/** Colours of code: those that the theme has for values in the debugger, in every theme. */
export const tokenStyles = css`
  .t-dim,
  .t-comment {
    color: var(--vscode-descriptionForeground);
  }
  .t-keyword {
    color: var(--vscode-debugTokenExpression-boolean, var(--vscode-editor-foreground));
  }
  .t-register {
    color: var(--vscode-debugTokenExpression-name, var(--vscode-editor-foreground));
  }
  /* Both towards the text's colour: by themselves the themes' are too faint on the selected row. */
  .t-number {
    color: color-mix(
      in srgb,
      var(--vscode-debugTokenExpression-number, var(--vscode-editor-foreground)) 75%,
      var(--vscode-editor-foreground)
    );
  }
  .t-type {
    color: color-mix(
      in srgb,
      var(--vscode-debugTokenExpression-type, var(--vscode-editor-foreground)) 55%,
      var(--vscode-editor-foreground)
    );
  }
  .t-string {
    color: var(--vscode-debugTokenExpression-string, var(--vscode-editor-foreground));
  }
  .t-helper {
    color: var(--vscode-symbolIcon-functionForeground, var(--vscode-editor-foreground));
  }
  .t-place {
    color: var(--vscode-textLink-foreground);
  }
  @media (forced-colors: active) {
    span {
      color: inherit;
    }
  }
`;
