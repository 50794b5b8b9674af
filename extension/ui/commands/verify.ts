// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { type ProgramChoice, baseName } from '../../core/attachPlan';
import { formatCount, formatPercent } from '../../core/format';
import { type VerifierSummary, summarize } from '../../core/verifierSummary';
import { type AgentClient, AgentError, type Host } from '../../host/api';
import { AGENT_ERROR_CODES, type ObjectRef, type VerifyResult } from '../../protocol/agent';
import { logDescription } from '../documents/verifierLogs';
import { type PickItem, pick } from '../pick/quickPick';
import { type Task, withProgress } from '../progress';
import type { Services } from '../services';
import { chooseHost } from './pickTargets';
import { activeSource, askProgram, makeObject, objectRefOf, programOfTarget } from './program';

/** Loads every program of an object once, keeps the logs, and throws when one is refused. */
export async function verifyObject(
  services: Services,
  host: Host,
  client: AgentClient,
  object: ObjectRef,
  task: Task,
): Promise<VerifierSummary> {
  const result: VerifyResult = await client.request(
    'verify',
    { object, logLevel: services.config.get('verify.logLevel') },
    { signal: task.signal, onProgress: task.report },
  );
  services.verifierLogs.add(host.definition.label, result);
  const summary = summarize(result);
  for (const row of summary.rows) {
    services.log.info(
      `verify ${row.program} (${row.type}): ${row.ok ? 'accepted' : (row.error ?? 'refused')}, ${row.insns} insns, ${row.insnsProcessed ?? '?'} processed`,
    );
  }
  const { rejected } = summary;
  if (rejected !== undefined) {
    throw new AgentError(
      vscode.l10n.t('The verifier refused program {0}: {1}', rejected.program, rejected.error ?? ''),
      AGENT_ERROR_CODES.verifierRejected,
      { kind: 'verifierRejected', program: rejected.program },
    );
  }
  return summary;
}

async function chooseProgram(
  services: Services,
  target: CommandTarget,
  title: string,
  objects: boolean,
): Promise<ProgramChoice | undefined> {
  const file = target.file ?? activeSource();
  if (file !== undefined) {
    return programOfTarget(file);
  }
  const answer = await askProgram(services, { title, filter: { builtin: objects, objects } });
  return answer.kind === 'value' ? answer.value : undefined;
}

export async function verify(services: Services, target: CommandTarget): Promise<void> {
  const title = vscode.l10n.t('Verify');
  const program = await chooseProgram(services, target, title, true);
  if (program === undefined) {
    return;
  }
  const host = await chooseHost(services, target, title, () => true);
  if (host === undefined) {
    return;
  }
  const name = program.kind === 'builtin' ? vscode.l10n.t('Built-in datapath') : baseName(program.path);
  const summary = await withProgress(vscode.l10n.t('Sockmap: verifying {0}', name), async task => {
    const object = await makeObject(services, program, task);
    task.report(vscode.l10n.t('Connecting to {0}', host.definition.label));
    const client = await host.connect(task.signal);
    task.report(vscode.l10n.t('Verifying on {0}', host.definition.label));
    return verifyObject(services, host, client, await objectRefOf(host, object), task);
  });
  const show = vscode.l10n.t('Show Verifier Log');
  const chosen = await vscode.window.showInformationMessage(
    acceptedText(name, host.definition.label, summary),
    show,
  );
  if (chosen === show) {
    await showVerifierLog(services, { id: 'newest' });
  }
}

function acceptedText(name: string, hostLabel: string, summary: VerifierSummary): string {
  const programs = summary.rows
    .map(row =>
      row.budget === undefined
        ? row.program
        : vscode.l10n.t(
            '{0} ({1} instructions, {2} of the limit)',
            row.program,
            formatCount(row.insnsProcessed ?? 0),
            formatPercent(row.budget),
          ),
    )
    .join(', ');
  return vscode.l10n.t('{0} was accepted by the verifier of {1}: {2}.', name, hostLabel, programs);
}

/** Builds only; the object stays where Attach and Verify look for it. */
export async function build(services: Services, target: CommandTarget): Promise<void> {
  const program = await chooseProgram(services, target, vscode.l10n.t('Build'), false);
  if (program === undefined) {
    return;
  }
  const object = await withProgress(vscode.l10n.t('Sockmap: building'), task =>
    makeObject(services, program, task),
  );
  void vscode.window.showInformationMessage(vscode.l10n.t('Built {0}.', object));
}

/** The log that a target with an id asks for is the newest, without a question; so is the only one. */
export async function showVerifierLog(services: Services, target: CommandTarget): Promise<void> {
  const logs = services.verifierLogs.all;
  const { newest } = services.verifierLogs;
  if (newest === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no verifier log yet. Run "Sockmap: Verify" first.'),
    );
    return;
  }
  if (target.id !== undefined || logs.length === 1) {
    await services.verifierLogs.show(newest);
    return;
  }
  const answer = await pick({
    title: vscode.l10n.t('Show Verifier Log'),
    placeholder: vscode.l10n.t('Select a program'),
    items: logs.map((log): PickItem<typeof log> => ({
      label: `$(${log.ok ? 'pass' : 'error'}) ${log.program}`,
      description: `${log.object} · ${logDescription(log)}`,
      value: log,
    })),
  });
  if (answer.kind === 'value') {
    await services.verifierLogs.show(answer.value);
  }
}
