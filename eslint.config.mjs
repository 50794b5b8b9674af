// SPDX-License-Identifier: Apache-2.0
import tseslint from 'typescript-eslint';

/** Folders that must stay free of some modules, and why a reader should care. */
const pure = 'core/, protocol/ and contrib/ run anywhere: no vscode, no node, no DOM.';
const noVscode = 'only extension/ui and extension/main.ts may import vscode.';

const node = ['node:*', 'fs', 'path', 'child_process'];
/** Modules of ours from however deep, and what is below them: a single `*` would end at a slash. */
const ours = (...modules) => modules.map(module => `**/${module}`);

const restrict = (files, patterns, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: [{ group: patterns, message }] }],
  },
});

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', 'build/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      'max-lines': ['error', 500],
    },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  restrict(
    ['extension/core/**/*.ts', 'extension/protocol/**/*.ts', 'extension/contrib/**/*.ts'],
    ['vscode', ...node, ...ours('host', 'ui', 'main'), 'vscode-jsonrpc*'],
    pure,
  ),
  restrict(['extension/host/**/*.ts'], ['vscode', ...ours('ui', 'main')], noVscode),
  restrict(
    ['media/**/*.ts'],
    ['vscode', ...node, ...ours('extension/host', 'extension/ui'), 'vscode-jsonrpc*'],
    'pages run in a browser: what they need of the host comes by message.',
  ),
  { files: ['test/rig/**', 'test/bench/**'], rules: { 'no-console': 'off' } },
);
