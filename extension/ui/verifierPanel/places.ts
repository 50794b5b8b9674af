// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { findPlace } from '../../core/sources/findPlace';
import type { CodePlace, VerifierRun } from '../../core/verifierRuns';
import type { Place } from '../../protocol/verifierPanel';
import { locationOf } from '../documents/verifierProblems';
import { currentText } from '../runs/texts';

/** Files of one name that are looked into; which of them is meant the text of the line tells. */
const MAX_FILES = 20;

/** Where a place of a log is now: in the sources of its run, else in the files of that name of the workspace. */
export async function placeInSources(
  run: VerifierRun | undefined,
  { file, line, text }: Place,
): Promise<vscode.Location | undefined> {
  const place: CodePlace = {
    text,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  };
  const own = run === undefined ? undefined : await locationOf(run, place);
  // Logs name base names; anything else would be a pattern.
  if (own !== undefined || file === undefined || !/^[\w.+-]+$/.test(file)) return own;
  const found = await vscode.workspace.findFiles(`**/${file}`, '**/node_modules/**', MAX_FILES);
  for (const uri of found) {
    const content = await currentText(uri.fsPath);
    const part = content === undefined ? undefined : findPlace(content, run?.program ?? '', place);
    if (part !== undefined)
      return new vscode.Location(uri, new vscode.Range(part.line, part.start, part.line, part.end));
  }
  return undefined;
}
