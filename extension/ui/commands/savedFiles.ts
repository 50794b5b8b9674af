// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { baseName } from '../../core/attachPlan';
import { ProblemError } from '../../core/problem';
import { includesOf } from '../../core/sources/includes';
import { currentText } from '../runs/texts';

/** A program's headers are few; more than this is a folder that was found by mistake. */
const MAX_FILES = 400;

/** Saves those of the files that are open with changes: others read them from the disk. */
export async function saveOpen(paths: readonly string[]): Promise<void> {
  const wanted = new Set(paths);
  for (const document of vscode.workspace.textDocuments) {
    const { uri, isDirty } = document;
    if (isDirty && uri.scheme === 'file' && wanted.has(uri.fsPath) && !(await document.save())) {
      throw new ProblemError({
        code: 'internal',
        message: vscode.l10n.t('{0} could not be saved: its old text would be used.', baseName(uri.fsPath)),
        action: vscode.l10n.t('Save it, then try again.'),
      });
    }
  }
}

/** Saves what a build of the source reads: itself and its headers, as far as they are found where clang looks. */
export async function saveInputs(
  source: string,
  options: { readonly includeDirs: readonly string[]; readonly flags: readonly string[] },
): Promise<void> {
  if (vscode.workspace.textDocuments.some(({ isDirty, uri }) => isDirty && uri.scheme === 'file')) {
    await saveOpen(await inputsOf(source, [...options.includeDirs, ...includeFlags(options.flags)]));
  }
}

/** What is typed but not saved counts: a header that it names is among the inputs once it is saved. */
async function inputsOf(source: string, folders: readonly string[]): Promise<readonly string[]> {
  const inputs = new Set([source]);
  // A set goes on with what is added meanwhile.
  for (const path of inputs) {
    const text = (await currentText(path)) ?? '';
    for (const { name, quoted } of includesOf(text)) {
      const places = [...(quoted ? [dirname(path)] : []), ...folders].map(folder => join(folder, name));
      const header = places.find(existsSync);
      if (header !== undefined && inputs.size < MAX_FILES) {
        inputs.add(header);
      }
    }
  }
  return [...inputs];
}

/** The folders of `-I`, in one word or two. */
function includeFlags(flags: readonly string[]): string[] {
  return flags
    .flatMap((flag, i) => (flag === '-I' ? (flags[i + 1] ?? []) : flag.startsWith('-I') ? flag.slice(2) : []))
    .filter(isAbsolute);
}
