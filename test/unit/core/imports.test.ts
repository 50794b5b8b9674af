// SPDX-License-Identifier: Apache-2.0
import { ESLint, Linter } from 'eslint';
import { expect, test } from 'vitest';
import { checkout } from '../../rig/checkout';

const eslint = new ESLint({ cwd: checkout });

/** Modules that lint refuses to a file of that path. */
async function refused(file: string, modules: readonly string[]): Promise<string[]> {
  const config = (await eslint.calculateConfigForFile(file)) as Linter.Config;
  const rule = config.rules?.['no-restricted-imports'];
  const linter = new Linter();
  return modules.filter(module => {
    const found = linter.verify(`import '${module}';`, {
      ...(rule === undefined ? {} : { rules: { 'no-restricted-imports': rule } }),
    });
    return found.some(({ ruleId }) => ruleId === 'no-restricted-imports');
  });
}

test('pure code imports no host, ui or vscode, from however deep', async () => {
  const wrong = [
    'vscode',
    'node:fs',
    '../../../host',
    '../../../host/api',
    '../../../ui/text',
    '../../../main',
  ];
  const right = ['../../hosts', '../../hostsTree', '../tokens', '../../../protocol/agent'];
  expect(await refused('extension/core/sources/fixes/any.ts', [...wrong, ...right])).toEqual(wrong);
  expect(await refused('extension/core/any.ts', ['../host/api', '../ui/text', './hosts'])).toEqual([
    '../host/api',
    '../ui/text',
  ]);
  expect(await refused('extension/host/any.ts', ['vscode', '../ui/text', './api', 'node:fs'])).toEqual([
    'vscode',
    '../ui/text',
  ]);
});

test('pages import nothing of the extension host', async () => {
  const wrong = ['vscode', '../../../extension/host', '../../../extension/ui/text'];
  const right = ['../model/host', '../../../extension/protocol/verifierPanel'];
  expect(await refused('media/verifier/components/any.ts', [...wrong, ...right])).toEqual(wrong);
});
