// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import type { LogInfo } from '../../protocol/verifierPanel';
import { type PickItem, pick } from '../pick/quickPick';
import type { Services } from '../services';

type Origin = 'file' | 'clipboard' | 'editor';

/** Opens a log from a target's file, from `clipboard` or `editor` as its id, or from what a person picks. */
export async function openVerifierLog(services: Services, target: CommandTarget): Promise<void> {
  const { library, verifierPanels } = services;
  if (target.file !== undefined) {
    await verifierPanels.show(library.add({ kind: 'file', path: target.file }));
    return;
  }
  await library.settled;
  const asked = ORIGINS.find(origin => origin === target.id) ?? (await askOrigin(library.logs));
  if (asked === undefined) return;
  const id = typeof asked === 'string' ? await openOrigin(services, asked) : asked.id;
  if (id !== undefined) await verifierPanels.show(id);
}

const ORIGINS: readonly Origin[] = ['file', 'clipboard', 'editor'];

async function askOrigin(logs: readonly LogInfo[]): Promise<Origin | LogInfo | undefined> {
  const icons = { accepted: 'pass', refused: 'error', unknown: 'file' };
  const answer = await pick<Origin | LogInfo>({
    title: vscode.l10n.t('Open Verifier Log'),
    placeholder: vscode.l10n.t('Select where the log is'),
    items: [
      { label: `$(folder-opened) ${vscode.l10n.t('File…')}`, value: 'file' },
      { label: `$(clippy) ${vscode.l10n.t('Clipboard')}`, value: 'clipboard' },
      { label: `$(file-code) ${vscode.l10n.t('Active Text Editor')}`, value: 'editor' },
      { label: vscode.l10n.t('Recent'), kind: vscode.QuickPickItemKind.Separator },
      ...logs.map((log): PickItem<LogInfo> => ({
        label: `$(${icons[log.verdict]}) ${log.title}`,
        description: log.detail,
        value: log,
      })),
    ],
  });
  return answer.kind === 'value' ? answer.value : undefined;
}

async function openOrigin({ library }: Services, origin: Origin): Promise<string | undefined> {
  switch (origin) {
    case 'file': {
      const [file] =
        (await vscode.window.showOpenDialog({
          title: vscode.l10n.t('Open Verifier Log'),
          openLabel: vscode.l10n.t('Open'),
        })) ?? [];
      return file === undefined ? undefined : library.add({ kind: 'file', path: file.fsPath });
    }
    case 'clipboard': {
      const text = await vscode.env.clipboard.readText();
      if (text.trim() === '')
        throw new Error(vscode.l10n.t('The clipboard is empty. Copy a verifier log first.'));
      return library.add({ kind: 'text', title: vscode.l10n.t('Clipboard'), text });
    }
    case 'editor': {
      const document = vscode.window.activeTextEditor?.document;
      const { activeTab } = vscode.window.tabGroups.activeTabGroup;
      // An editor with a file that is too long to be shared with extensions is none that they see.
      if (document === undefined && activeTab?.input instanceof vscode.TabInputText) {
        const { uri } = activeTab.input;
        if (uri.scheme === 'file') return library.add({ kind: 'file', path: uri.fsPath });
      }
      if (document === undefined)
        throw new Error(vscode.l10n.t('There is no active text editor. Open the log in one first.'));
      if (document.uri.scheme === 'file' && !document.isDirty)
        return library.add({ kind: 'file', path: document.uri.fsPath });
      const title = document.uri.path.split('/').at(-1) ?? '';
      return library.add({ kind: 'text', title, text: document.getText() });
    }
  }
}

/** The log of a target, else the one that is shown, as an editor. */
export function openVerifierLogInEditor(services: Services, target: CommandTarget): Promise<void> {
  services.verifierPanels.openInEditor(target.id);
  return Promise.resolve();
}

/** The log of a target, else the one that is shown, as a text document. */
export async function openVerifierLogAsText(services: Services, target: CommandTarget): Promise<void> {
  const { verifierPanels, verifierLogs, library } = services;
  const id = target.id ?? verifierPanels.current?.current ?? verifierLogs.newest?.run.id;
  const opened = id === undefined ? undefined : library.opened(id);
  const log = id === undefined ? undefined : verifierLogs.of(id);
  if (log !== undefined) await verifierLogs.show(log, log.run.problem?.logLine);
  // However long it is: showTextDocument() takes no file that VS Code does not share with extensions.
  else if (opened?.kind === 'file')
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(opened.path));
  else if (opened !== undefined) await verifierLogs.showText(opened.title, opened.text);
  else throw noLog();
}

/** Copies the selected line of the log that is shown. */
export async function copyVerifierLogLine(services: Services): Promise<void> {
  const session = services.verifierPanels.current;
  if (session?.current === undefined) throw noLog();
  await session.copy('line');
}

/** Opens the line of C of the selected line of the log that is shown. */
export async function goToVerifierLogSource(services: Services): Promise<void> {
  const session = services.verifierPanels.current;
  if (session?.current === undefined) throw noLog();
  if (!(await session.goToSource()))
    void vscode.window.showInformationMessage(
      vscode.l10n.t('The source of this line is not at hand. Open the folder that it is in.'),
    );
}

/** Traces the value of the log that the context menu was opened on. */
export function traceVerifierLogValue(services: Services): Promise<void> {
  const session = services.verifierPanels.current;
  if (session?.current === undefined) throw noLog();
  session.trace();
  return Promise.resolve();
}

function noLog(): Error {
  return new Error(vscode.l10n.t('No verifier log is open. Run "Sockmap: Open Verifier Log…" first.'));
}
