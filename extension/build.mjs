// SPDX-License-Identifier: Apache-2.0
/** Bundles the extension and its web pages into dist/. `--watch` rebuilds on change, `--production` minifies. */
import * as esbuild from 'esbuild';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  mainFields: ['module', 'main'],
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
};

/** @type {esbuild.BuildOptions[]} */
const bundles = [
  {
    ...common,
    entryPoints: ['extension/main.ts'],
    outfile: 'dist/extension.js',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
  },
  {
    ...common,
    entryPoints: ['media/verifier/main.ts', 'media/verifier/main.css'],
    outdir: 'dist/media/verifier',
    platform: 'browser',
    format: 'esm',
    // Chromium of the oldest VS Code that the extension runs in.
    target: 'chrome132',
    // The font of the icons.
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
  },
];

if (watch) {
  for (const options of bundles) {
    const context = await esbuild.context(options);
    await context.watch();
  }
} else {
  await Promise.all(bundles.map(options => esbuild.build(options)));
}
