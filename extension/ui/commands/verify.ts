// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { type ProgramChoice, baseName } from '../../core/attachPlan';
import { formatCount, formatPercent } from '../../core/format';
import { type VerifierSummary, summarize } from '../../core/verifierSummary';
import { defined, type SourceFile, type VerifierRun } from '../../core/verifierRuns';
import type { AgentClient, Host } from '../../host/api';
import type { ObjectRef, VerifyResult } from '../../protocol/agent';
import { logDescription } from '../documents/verifierLogs';
import { commandOffer, offer } from '../offer';
import { type PickItem, pick } from '../pick/quickPick';
import { type Task, withProgress } from '../progress';
import { logTarget, RefusedError } from '../runs/refusal';
import type { Services } from '../services';
import type { Invocation } from './invocation';
import { addHostOffer, chooseHost, type HostQuestion } from './pickTargets';
import {
  activeSource,
  askProgram,
  makeObject,
  objectRefOf,
  programOfTarget,
  targetOfProgram,
} from './program';

/** Asks for time and stack in the log as well (BPF_LOG_STATS of kernel/bpf/verifier.c). */
const STATISTICS = 4;

/** What is verified: an object, and what it was made from. */
export interface Candidate {
  readonly program: ProgramChoice;
  readonly object: ObjectRef;
  readonly sources: readonly SourceFile[];
}

/** What the verifier said of an object, and the runs that were kept: one for each of its programs. */
export interface Verdicts {
  readonly result: VerifyResult;
  readonly runs: readonly VerifierRun[];
}

/** Loads every program of an object once and keeps what the verifier said. */
export async function judge(
  services: Services,
  host: Host,
  client: AgentClient,
  { program, object, sources }: Candidate,
  task: Task,
): Promise<Verdicts> {
  const logLevel = services.config.get('verify.logLevel') | STATISTICS;
  const result = await client.request(
    'verify',
    { object, logLevel },
    { signal: task.signal, onProgress: task.report },
  );
  const runs = await services.recorder.record(
    {
      host,
      target: targetOfProgram(program),
      object: result.object,
      sources,
      logLevel,
      programs: result.programs,
    },
    task.signal,
  );
  return { result, runs };
}

/** The same, and throws when a program is refused. */
export async function verifyObject(
  services: Services,
  host: Host,
  client: AgentClient,
  candidate: Candidate,
  task: Task,
): Promise<Verdicts> {
  const verdicts = await judge(services, host, client, candidate, task);
  const refused = verdicts.runs.find(({ ok }) => !ok);
  if (refused !== undefined) throw new RefusedError(refused);
  return verdicts;
}

export async function chooseProgram(
  services: Services,
  invocation: Invocation,
  title: string,
  objects: boolean,
): Promise<ProgramChoice | undefined> {
  const file = invocation.target.file ?? activeSource();
  if (file !== undefined) {
    invocation.keep({ file });
    return programOfTarget(file);
  }
  const answer = await askProgram(services, { title, filter: { builtin: objects, objects } });
  if (answer.kind !== 'value') {
    return undefined;
  }
  invocation.keep({ file: targetOfProgram(answer.value) });
  return answer.value;
}

export function hostToVerifyOn(): HostQuestion {
  return {
    title: vscode.l10n.t('Verify'),
    fits: () => true,
    none: {
      message: vscode.l10n.t('There is no Linux host yet on which programs could be verified.'),
      offers: [addHostOffer()],
    },
  };
}

export async function verify(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const question = hostToVerifyOn();
  const program = await chooseProgram(services, invocation, question.title, true);
  if (program === undefined) {
    return;
  }
  const host = await chooseHost(services, invocation, question);
  if (host === undefined) {
    return;
  }
  const name = program.kind === 'builtin' ? vscode.l10n.t('Built-in datapath') : baseName(program.path);
  const { result, runs } = await withProgress(vscode.l10n.t('Sockmap: verifying {0}', name), async task => {
    const object = await makeObject(services, program, task);
    task.report(vscode.l10n.t('Connecting to {0}', host.definition.label));
    const client = await host.connect(task.signal);
    task.report(vscode.l10n.t('Verifying on {0}', host.definition.label));
    const candidate = { program, object: await objectRefOf(host, object.path), sources: object.sources };
    return verifyObject(services, host, client, candidate, task);
  });
  const show = vscode.l10n.t('Show Verifier Log');
  const chosen = await vscode.window.showInformationMessage(
    acceptedText(name, host.definition.label, summarize(result)),
    show,
  );
  if (chosen === show) {
    await showVerifierLog(services, runs[0] === undefined ? {} : logTarget(runs[0]));
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

/** A target's id is that of a run. Without one a person is asked; the only log is shown without a question. */
export async function showVerifierLog(services: Services, target: CommandTarget): Promise<void> {
  await services.runs.settled;
  if (target.id !== undefined) {
    const log = services.verifierLogs.of(target.id);
    await (log === undefined ? offerToVerify(target) : services.verifierPanels.show(log.run.id));
    return;
  }
  const logs = services.verifierLogs.all;
  const [newest] = logs;
  if (newest === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There is no verifier log yet. Run "Sockmap: Verify" first.'),
    );
    return;
  }
  if (logs.length === 1) {
    await services.verifierPanels.show(newest.run.id);
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
    await services.verifierPanels.show(answer.value.run.id);
  }
}

/** The log was dropped for later ones: another one would be taken for it. */
async function offerToVerify({ hostId, file }: CommandTarget): Promise<void> {
  // What is not known of the run is asked for.
  const again = commandOffer(vscode.l10n.t('Verify Again'), COMMANDS.verify, defined({ hostId, file }));
  await offer(
    'warning',
    vscode.l10n.t('This verifier log is gone: only the last few of each program are kept.'),
    ...(vscode.workspace.isTrusted ? [again] : []),
  );
}

/** Says what is missing when there is nothing to show yet. */
export async function toggleLineVisits(services: Services): Promise<void> {
  await services.config.toggle('editor.lineVisits');
  if (!services.config.get('editor.lineVisits')) {
    return;
  }
  await services.runs.settled;
  if (!services.runs.runs.newest.some(run => run.visits.length > 0)) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('There are no visits to show yet. Run "Sockmap: Verify" first.'),
    );
  }
}
