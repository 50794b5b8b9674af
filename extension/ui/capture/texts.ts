// SPDX-License-Identifier: Apache-2.0
import { l10n } from 'vscode';
import { formatBytes, formatCount } from '../../core/format';
import type { CaptureResult } from '../../protocol/agent';
import { isCancellation, reportOf } from '../errors';
import type { CaptureOutcome } from './runCapture';

export interface CaptureReport {
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
}

/** What a person is told at the end of a capture that has left a file. */
export function captureReport(
  { result, failure, size }: CaptureOutcome,
  { name, file, all }: { readonly name: string; readonly file: string; readonly all: boolean },
): CaptureReport {
  if (failure !== undefined && !isCancellation(failure)) {
    const kept = l10n.t('What came before is in {0} ({1}).', file, formatBytes(size));
    return { severity: 'error', message: `${reportOf(failure).message} ${kept}` };
  }
  if (result === undefined) {
    const message = l10n.t(
      'The agent did not say how many messages there are; they are in {0} ({1}).',
      file,
      formatBytes(size),
    );
    return { severity: 'warning', message };
  }
  const nothing = result.messages === 0 && result.dropped.messages === 0;
  const parts = [nothing ? nothingText(name, all) : capturedText(result, name, file)];
  if (result.ended === 'detached') {
    parts.push(l10n.t('{0} was detached, which ended the capture.', name));
  }
  if (result.ended === 'readerGone') {
    parts.push(l10n.t('The agent had no memory to send more.'));
  }
  if (result.dropped.messages > 0) {
    parts.push(droppedText(result));
  }
  const flawed = result.dropped.messages > 0 || result.ended === 'readerGone';
  return { severity: flawed ? 'warning' : 'info', message: parts.join(' ') };
}

function capturedText({ messages, bytes }: CaptureResult, name: string, file: string): string {
  return l10n.t(
    'Captured {0} ({1}) of {2} into {3}.',
    messagesText(messages),
    formatBytes(bytes),
    name,
    file,
  );
}

function nothingText(name: string, all: boolean): string {
  return all
    ? l10n.t(
        'No message came: check that connections of {0} that were established after Attach, with both ends in its cgroup, sent something meanwhile.',
        name,
      )
    : l10n.t(
        'No message came: check in the Map Explorer that messages of {0} are being redirected, or capture all messages to see why they are not.',
        name,
      );
}

function droppedText({ dropped }: CaptureResult): string {
  return l10n.t(
    '{0} ({1}) came too fast and are missing or not whole: capture one connection or port to get more of it.',
    messagesText(dropped.messages),
    formatBytes(dropped.bytes),
  );
}

function messagesText(messages: number): string {
  return messages === 1 ? l10n.t('1 message') : l10n.t('{0} messages', formatCount(messages));
}
