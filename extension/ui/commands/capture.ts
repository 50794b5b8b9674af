// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { captureName, parsePort } from '../../core/captureName';
import { ProblemError } from '../../core/problem';
import { socketLabel } from '../../core/sockets';
import { runWizard, type Step } from '../../core/wizard';
import type { AgentParams } from '../../protocol/agent';
import { CaptureFile } from '../capture/captureFile';
import { type CaptureOutcome, runCapture } from '../capture/runCapture';
import { captureReport } from '../capture/texts';
import { isCancellation } from '../errors';
import { input, pick } from '../pick/quickPick';
import { withProgress } from '../progress';
import type { Services } from '../services';
import { chooseAttachment } from './chooseAttachment';
import type { Invocation } from './invocation';

/** Bytes kept of a message: more than the kernel lets one have. */
const SNAPLEN = 1 << 20;

/** Which messages of an attachment. */
type Selection = Pick<AgentParams['capture'], 'socket' | 'port' | 'all'>;

/** Writes messages of an attachment of our datapath into a file, until the person ends it. */
export async function capture(
  services: Services,
  target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const socket = socketOf(services, target);
  if (socket !== undefined) {
    invocation.keep({ hostId: socket.hostId, attachment: socket.attachment });
  }
  const chosen = await chooseAttachment(services, invocation, {
    title: vscode.l10n.t('Capture'),
    fits: ({ abi, state }) => abi !== null && state === 'attached',
    unfit: names =>
      vscode.l10n.t('{0} is not the built-in datapath at work, whose messages alone can be captured.', names),
  });
  const selection = chosen === undefined ? undefined : await askSelection(chosen.name, socket);
  if (chosen === undefined || selection === undefined) {
    return;
  }
  const { host, name } = chosen;
  const path = await askFile(name);
  if (path === undefined) {
    return;
  }
  const title = vscode.l10n.t(
    'Sockmap: capturing {0} into {1} (Cancel ends it and keeps the file)',
    name,
    basename(path),
  );
  const outcome = await withProgress(title, async task => {
    const client = await host.connect(task.signal);
    const file = await CaptureFile.open(path);
    return runCapture(client, { name, snaplen: SNAPLEN, ...selection }, file, task);
  });
  if (outcome.size === 0) {
    // As if it had not been asked for; a cancellation came before the first message could.
    throw outcome.failure ?? new vscode.CancellationError();
  }
  services.log.info(`captured ${JSON.stringify(outcome.result ?? name)} into ${path}`);
  await tell(services, outcome, { name, path, all: selection.all === true });
}

interface SocketTarget {
  readonly hostId: string;
  readonly attachment: string;
  readonly cookie: number;
  readonly label: string;
}

/** The socket of the Map Explorer that the command was called on. */
function socketOf(services: Services, { id }: CommandTarget): SocketTarget | undefined {
  const node = id === undefined ? undefined : services.maps.node(id);
  if (node?.kind !== 'socket') {
    return undefined;
  }
  const { hostId, mapId, socket } = node;
  const attachments = services.models.get(hostId)?.snapshot.attachments ?? [];
  const owner = attachments.find(({ sockmapId }) => sockmapId === mapId);
  if (owner === undefined) {
    throw new ProblemError({
      code: 'internal',
      message: vscode.l10n.t('The attachment of this socket is gone.'),
    });
  }
  return { hostId, attachment: owner.name, cookie: socket.cookie, label: socketLabel(socket) };
}

async function askSelection(name: string, socket: SocketTarget | undefined): Promise<Selection | undefined> {
  const title =
    socket === undefined ? vscode.l10n.t('Capture {0}', name) : vscode.l10n.t('Capture {0}', socket.label);
  const portStep: Step<Selection> = async (_selection, position) => {
    const answer = await input({
      title,
      prompt: vscode.l10n.t('Port at either end'),
      placeholder: vscode.l10n.t('Empty: every connection'),
      position,
      check: text =>
        parsePort(text) === undefined ? vscode.l10n.t('Type a port from 1 to 65535, or nothing.') : undefined,
    });
    const port = answer.kind === 'value' ? parsePort(answer.value) : undefined;
    return answer.kind === 'value'
      ? { kind: 'next', state: typeof port === 'number' ? { port } : {}, asked: true }
      : answer;
  };
  const messagesStep: Step<Selection> = async (selection, position) => {
    const answer = await pick<boolean>({
      title,
      placeholder: vscode.l10n.t('Select the messages that are captured'),
      position,
      items: [
        {
          label: `$(arrow-both) ${vscode.l10n.t('All messages of these connections')}`,
          detail: vscode.l10n.t(
            'Streams are whole. A message that was not redirected has the reason in its comment.',
          ),
          value: true,
        },
        {
          label: `$(arrow-swap) ${vscode.l10n.t('Redirected messages only')}`,
          detail: vscode.l10n.t(
            'What tcpdump does not see. Messages that went through the stack leave gaps.',
          ),
          value: false,
        },
      ],
    });
    return answer.kind === 'value'
      ? { kind: 'next', state: { ...selection, all: answer.value }, asked: true }
      : answer;
  };
  return socket === undefined
    ? runWizard([portStep, messagesStep], {})
    : runWizard([messagesStep], { socket: socket.cookie });
}

async function askFile(name: string): Promise<string | undefined> {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Capture {0}', name),
    saveLabel: vscode.l10n.t('Capture'),
    filters: { pcapng: ['pcapng'] },
    defaultUri: vscode.Uri.joinPath(folder?.uri ?? vscode.Uri.file(homedir()), captureName(name, new Date())),
  });
  if (uri !== undefined && uri.scheme !== 'file') {
    throw new ProblemError({
      code: 'internal',
      message: vscode.l10n.t('{0} is no file of the machine that the extension runs on.', uri.toString()),
      action: vscode.l10n.t('Choose another file.'),
    });
  }
  return uri?.fsPath;
}

/** What there is, and ways to it. */
async function tell(
  { log }: Services,
  outcome: CaptureOutcome,
  capture: { readonly name: string; readonly path: string; readonly all: boolean },
): Promise<void> {
  const { severity, message } = captureReport(outcome, { ...capture, file: basename(capture.path) });
  if (outcome.failure !== undefined && !isCancellation(outcome.failure)) {
    log.error(`command capture: ${message}`);
  }
  const uri = vscode.Uri.file(capture.path);
  const open = vscode.l10n.t('Open');
  const reveal = vscode.l10n.t('Reveal in File Manager');
  const copy = vscode.l10n.t('Copy Path');
  // Elsewhere no program of the desktop could open it.
  const here = vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
  const actions = here ? [open, reveal, copy] : [copy];
  const show = {
    info: vscode.window.showInformationMessage,
    warning: vscode.window.showWarningMessage,
    error: vscode.window.showErrorMessage,
  }[severity];
  switch (await show<string>(message, ...actions)) {
    case open:
      await vscode.env.openExternal(uri);
      return;
    case reveal:
      await vscode.commands.executeCommand('revealFileInOS', uri);
      return;
    case copy:
      await vscode.env.clipboard.writeText(capture.path);
      return;
    case undefined:
      return;
  }
}
