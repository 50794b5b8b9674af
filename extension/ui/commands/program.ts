// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { type ProgramChoice, baseName, objectName, programOfFile } from '../../core/attachPlan';
import { ProblemError } from '../../core/problem';
import type { SourceFile } from '../../core/verifierRuns';
import type { StepPosition } from '../../core/wizard';
import type { Host } from '../../host/api';
import type { ObjectRef } from '../../protocol/agent';
import { type Answer, type PickItem, pick } from '../pick/quickPick';
import type { Task } from '../progress';
import { readSources, readSourcesOf } from '../runs/sourceFiles';
import type { Services } from '../services';
import { saveInputs } from './savedFiles';

const SEARCH_LIMIT = 200;

export interface ProgramFilter {
  readonly builtin: boolean;
  readonly objects: boolean;
}

/** Asks for our datapath, a source or an object of the workspace, or a file anywhere. */
export async function askProgram(
  services: Services,
  options: { readonly title: string; readonly filter: ProgramFilter; readonly position?: StepPosition },
): Promise<Answer<ProgramChoice>> {
  const { title, filter, position } = options;
  for (;;) {
    const answer = await pick<ProgramChoice | { readonly kind: 'browse' }>({
      title,
      placeholder: vscode.l10n.t('Select a program'),
      ...(position === undefined ? {} : { position }),
      items: () => programItems(services, filter),
    });
    if (answer.kind !== 'value') {
      return answer;
    }
    const { value } = answer;
    if (value.kind !== 'browse') {
      return { kind: 'value', value };
    }
    const browsed = await browse(title, filter);
    if (browsed !== undefined) {
      return { kind: 'value', value: browsed };
    }
    // Without a file, or with one that is no program, the list is there again.
  }
}

async function browse(title: string, filter: ProgramFilter): Promise<ProgramChoice | undefined> {
  const files = await vscode.window.showOpenDialog({
    title,
    filters: { BPF: filter.objects ? ['c', 'o'] : ['c'] },
    openLabel: vscode.l10n.t('Select'),
  });
  const path = files?.[0]?.fsPath;
  if (path === undefined) {
    return undefined;
  }
  const choice = programOfFile(path);
  if (choice !== undefined && suits(choice, filter)) {
    return choice;
  }
  void vscode.window.showWarningMessage(
    filter.objects
      ? noProgramText(path)
      : vscode.l10n.t('{0} is no .bpf.c source. Sources of BPF programs end in .bpf.c.', baseName(path)),
  );
  return undefined;
}

function suits(choice: ProgramChoice, filter: ProgramFilter): boolean {
  switch (choice.kind) {
    case 'builtin':
      return filter.builtin;
    case 'object':
      return filter.objects;
    case 'source':
      return true;
  }
}

function noProgramText(path: string): string {
  return vscode.l10n.t(
    '{0} is neither a .bpf.c source nor a .o object. Sources of BPF programs end in .bpf.c.',
    baseName(path),
  );
}

async function programItems(
  services: Services,
  filter: ProgramFilter,
): Promise<readonly PickItem<ProgramChoice | { readonly kind: 'browse' }>[]> {
  const pattern = filter.objects ? '**/*.bpf.{c,o}' : '**/*.bpf.c';
  const found = await vscode.workspace.findFiles(pattern, '**/node_modules/**', SEARCH_LIMIT);
  const active = activeSource();
  const last = services.state.value.lastProgram;
  const paths = new Set(found.map(uri => uri.fsPath).sort());
  if (active !== undefined) {
    paths.add(active);
  }
  // It may be one that was browsed to.
  if (last !== undefined && last.kind !== 'builtin' && suits(last, filter) && existsSync(last.path)) {
    paths.add(last.path);
  }
  const choices: ProgramChoice[] = filter.builtin ? [{ kind: 'builtin' }] : [];
  for (const path of paths) {
    const choice = programOfFile(path);
    if (choice !== undefined) {
      choices.push(choice);
    }
  }
  const rank = (choice: ProgramChoice): number => {
    if (choice.kind !== 'builtin' && choice.path === active) {
      return 0;
    }
    return JSON.stringify(choice) === JSON.stringify(last) ? 1 : 2;
  };
  choices.sort((a, b) => rank(a) - rank(b));
  return [
    ...choices.map(choice => ({ ...programItem(choice, active), value: choice })),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(folder-opened) ${vscode.l10n.t('Browse…')}`, value: { kind: 'browse' } },
  ];
}

function programItem(choice: ProgramChoice, active: string | undefined): vscode.QuickPickItem {
  if (choice.kind === 'builtin') {
    return {
      label: `$(package) ${vscode.l10n.t('Built-in datapath')}`,
      description: vscode.l10n.t('redirects connections inside the cgroup'),
    };
  }
  const icon = choice.kind === 'source' ? 'file-code' : 'file-binary';
  const folder = dirname(vscode.workspace.asRelativePath(choice.path));
  const place = folder === '.' ? '' : folder;
  return {
    label: `$(${icon}) ${baseName(choice.path)}`,
    description: choice.path === active ? `${place} ${vscode.l10n.t('(active editor)')}`.trim() : place,
  };
}

export function activeSource(): string | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === 'file' && uri.fsPath.endsWith('.bpf.c') ? uri.fsPath : undefined;
}

/** What the file of a command target is, or a clear refusal. */
export function programOfTarget(file: string): ProgramChoice {
  if (file === 'builtin') {
    return { kind: 'builtin' };
  }
  const choice = programOfFile(file);
  if (choice === undefined) {
    throw new ProblemError({
      code: 'compile',
      message: noProgramText(file),
    });
  }
  return choice;
}

/** What {@link programOfTarget} reads. */
export function targetOfProgram(program: ProgramChoice): string {
  return program.kind === 'builtin' ? 'builtin' : program.path;
}

/** An object to load, and what it was made from. */
export interface MadeObject {
  /** Absolute. */
  readonly path: string;
  readonly sources: readonly SourceFile[];
}

/** The object to load: a source is built first and its problems are shown. */
export async function makeObject(
  services: Services,
  program: ProgramChoice,
  task: Task,
): Promise<MadeObject> {
  if (program.kind === 'builtin') {
    return { path: services.builtinObject, sources: [] };
  }
  if (program.kind === 'object') {
    return { path: program.path, sources: await readSourcesOf(program.path, includeDirs) };
  }
  const uri = vscode.Uri.file(program.path);
  // Two sources of one name must not share an object.
  const folder = createHash('sha256').update(dirname(program.path)).digest('hex').slice(0, 16);
  const output = join(services.buildDir, folder, objectName(program.path));
  const searched = { flags: services.config.clangFlags(uri), includeDirs: includeDirs(program.path) };
  await saveInputs(program.path, searched);
  await mkdir(dirname(output), { recursive: true });
  const sources = await readSources(program.path, searched.includeDirs);
  task.report(vscode.l10n.t('Compiling {0}', baseName(program.path)));
  const result = await services.builder.build(
    {
      source: program.path,
      output,
      clang: services.config.path('clang.path', uri),
      ...searched,
    },
    task.signal,
  );
  services.problems.set(program.path, result);
  services.verifierProblems.built(program.path, sources[0]?.sha256 ?? '');
  services.log.info(
    `clang ${program.path}: ${result.ok ? 'ok' : 'failed'} in ${Math.round(result.durationMs)} ms${
      result.builtOn === undefined ? '' : ` on ${result.builtOn}`
    }`,
  );
  if (!result.ok) {
    const first = result.diagnostics.find(d => d.severity === 'error');
    throw new ProblemError({
      code: 'compile',
      message:
        first === undefined
          ? vscode.l10n.t('{0} does not compile.', baseName(program.path))
          : vscode.l10n.t('{0} does not compile: {1}', baseName(program.path), first.message),
      detail: result.output,
    });
  }
  return { path: result.object, sources };
}

/** Folders named `include` beside the source and at the top of its workspace folder. */
function includeDirs(source: string): readonly string[] {
  const top = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(source))?.uri.fsPath;
  const places = new Set([dirname(source), ...(top === undefined ? [] : [top])]);
  return [...places].map(place => join(place, 'include')).filter(existsSync);
}

/** How the agent gets the object: by path where it runs on this machine, else sent along. */
export async function objectRefOf(host: Host, object: string): Promise<ObjectRef> {
  if (host.definition.kind === 'local') {
    return { path: object };
  }
  const data = await readFile(object);
  return { name: baseName(object), data: data.toString('base64') };
}
