// SPDX-License-Identifier: Apache-2.0
/** Build and Verify of several files that are selected in the Explorer: one progress, one summary. */
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { baseName, type ProgramChoice } from '../../core/attachPlan';
import { ProblemError } from '../../core/problem';
import { isCancellation, reportOf } from '../errors';
import { commandOffer, type Offer, offer } from '../offer';
import { type Task, withProgress } from '../progress';
import type { Services } from '../services';
import type { Invocation } from './invocation';
import { chooseHost } from './pickTargets';
import { makeObject, objectRefOf, programOfTarget } from './program';
import { hostToVerifyOn, verifyObject } from './verify';

interface Failure {
  readonly name: string;
  readonly reason: string;
  readonly code: 'compile' | 'other';
}

export async function buildFiles(services: Services, target: CommandTarget): Promise<void> {
  const files = target.files ?? [];
  const failures = await withProgress(vscode.l10n.t('Sockmap: building {0} files', files.length), task =>
    overFiles(files, task, async program => {
      await makeObject(services, program, task);
    }),
  );
  say(services, files, failures, vscode.l10n.t('Built {0}.', listText(files.map(baseName))), []);
}

export async function verifyFiles(
  services: Services,
  target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const files = target.files ?? [];
  const host = await chooseHost(services, invocation, hostToVerifyOn());
  if (host === undefined) {
    return;
  }
  const { label } = host.definition;
  const failures = await withProgress(
    vscode.l10n.t('Sockmap: verifying {0} files on {1}', files.length, label),
    async task => {
      // A host that cannot be reached is one failure, not one of each file.
      const client = await host.connect(task.signal);
      return overFiles(files, task, async program => {
        const object = await makeObject(services, program, task);
        const candidate = { program, object: await objectRefOf(host, object.path), sources: object.sources };
        await verifyObject(services, host, client, candidate, task);
      });
    },
  );
  const accepted = vscode.l10n.t(
    '{0} were accepted by the verifier of {1}.',
    listText(files.map(baseName)),
    label,
  );
  // There are several: it asks for one.
  const show = commandOffer(vscode.l10n.t('Show Verifier Log'), COMMANDS.showVerifierLog);
  say(services, files, failures, accepted, failures.length < files.length ? [show] : []);
}

/** One after another; a failure of one leaves the others their turn. */
async function overFiles(
  files: readonly string[],
  task: Task,
  work: (program: ProgramChoice) => Promise<void>,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const [index, file] of files.entries()) {
    const name = baseName(file);
    task.report(vscode.l10n.t('{0} ({1} of {2})', name, index + 1, files.length));
    try {
      await work(programOfTarget(file));
    } catch (error) {
      if (isCancellation(error) || task.signal.aborted) {
        throw error;
      }
      const code = error instanceof ProblemError && error.problem.code === 'compile' ? 'compile' : 'other';
      failures.push({ name, reason: reportOf(error).message, code });
    }
  }
  return failures;
}

function say(
  services: Services,
  files: readonly string[],
  failures: readonly Failure[],
  success: string,
  offers: readonly Offer[],
): void {
  const [first] = failures;
  if (first === undefined) {
    void offer('information', success, ...offers);
    return;
  }
  for (const { name, reason } of failures) {
    services.log.error(`${name}: ${reason}`);
  }
  const problems: Offer = {
    title: vscode.l10n.t('Show Problems'),
    run: () => vscode.commands.executeCommand('workbench.actions.view.problems'),
  };
  const message =
    failures.length === 1
      ? vscode.l10n.t('1 of {0} files failed. {1}', files.length, first.reason)
      : vscode.l10n.t(
          '{0} of {1} files failed: {2}.',
          failures.length,
          files.length,
          listText(failures.map(({ name }) => name)),
        );
  void offer(
    'warning',
    message,
    ...offers,
    problems,
    commandOffer(vscode.l10n.t('Open Log'), COMMANDS.showLog),
  );
}

const NAMED = 4;

function listText(names: readonly string[]): string {
  return names.length > NAMED
    ? vscode.l10n.t('{0} and {1} more', names.slice(0, NAMED).join(', '), names.length - NAMED)
    : names.join(', ');
}
