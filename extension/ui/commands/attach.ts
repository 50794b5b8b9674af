// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { COMMANDS, type CommandTarget } from '../../contrib/ids';
import { type ProgramChoice, baseName, checkName, defaultName } from '../../core/attachPlan';
import { ProblemError } from '../../core/problem';
import { firstSentence } from '../../core/sentences';
import { type Step, type StepOutcome, runWizard } from '../../core/wizard';
import { type AgentClient, AgentError, type Host } from '../../host/api';
import type { AgentParams, Attachment } from '../../protocol/agent';
import { commandOffer, offer, openSettingsOffer } from '../offer';
import { type Answer, input, pick } from '../pick/quickPick';
import { type Task, withProgress } from '../progress';
import { RefusedError } from '../runs/refusal';
import type { Services } from '../services';
import { nameFaultText } from '../text';
import { cgroupReader } from './cgroups';
import { guideOffer } from './guide';
import type { Invocation } from './invocation';
import { askHost, hostOf } from './pickTargets';
import { type PolicyFile, policyFileError, readPolicyFile } from './policyFile';
import { askProgram, makeObject, objectRefOf, programOfTarget, targetOfProgram } from './program';
import { type Candidate, verifyObject } from './verify';

/** What the dialog collects. */
interface Plan {
  readonly hostId: string | undefined;
  readonly program: ProgramChoice | undefined;
  readonly cgroup: string | undefined;
  readonly name: string | undefined;
}

type DatapathOptions = Pick<AgentParams['attach'], 'pairing' | 'maxSockets' | 'edgeReaders' | 'policy'>;

export async function attach(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const plan = await askPlan(services, invocation);
  if (plan?.hostId === undefined || plan.program === undefined) {
    return;
  }
  const { hostId, program, cgroup, name } = plan;
  if (cgroup === undefined || name === undefined) {
    return;
  }
  const { state } = services;
  state.update({
    lastHost: hostId,
    lastProgram: program,
    lastCgroup: { ...state.value.lastCgroup, [hostId]: cgroup },
  });
  const host = hostOf(services, hostId);
  const attachment = await withProgress(vscode.l10n.t('Sockmap: attaching {0}', name), task =>
    carryOut(services, host, { program, cgroup, name }, task),
  );
  state.update({ active: { hostId, name } });
  services.log.info(`attached ${name} to ${cgroup} on ${host.definition.label}`);
  if (attachment.warnings.length > 0) {
    void offer(
      'information',
      // What to do about them is in the tooltip of the attachment, and in the guide.
      vscode.l10n.t('{0} is attached. {1}', name, attachment.warnings.map(firstSentence).join(' ')),
      guideOffer(services, 'applications.md'),
      ...(attachment.abi === null ? [] : [openSettingsOffer('edgeReaders')]),
    );
  }
  if (attachment.sockmapId === null) {
    await services.models.get(hostId)?.refresh();
  } else {
    await services.maps.reveal(hostId, attachment.sockmapId);
  }
}

async function askPlan(services: Services, invocation: Invocation): Promise<Plan | undefined> {
  const title = vscode.l10n.t('Attach');
  // Back asks again what was answered here, but not what was given.
  const { target } = invocation;
  const hostStep: Step<Plan> = async (plan, position) => {
    if (target.hostId !== undefined) {
      return { kind: 'next', state: { ...plan, hostId: target.hostId }, asked: false };
    }
    return outcome(await askHost(services, title, position), hostId => {
      invocation.keep({ hostId });
      return { ...plan, hostId };
    });
  };
  const programStep: Step<Plan> = async (plan, position) => {
    if (target.file !== undefined) {
      return { kind: 'next', state: { ...plan, program: programOfTarget(target.file) }, asked: false };
    }
    const filter = { builtin: true, objects: true };
    const answer = await askProgram(services, { title, filter, position });
    return outcome(answer, program => {
      invocation.keep({ file: targetOfProgram(program) });
      return { ...plan, program };
    });
  };
  const cgroupStep: Step<Plan> = async (plan, position) => {
    if (target.cgroup !== undefined) {
      return { kind: 'next', state: { ...plan, cgroup: target.cgroup }, asked: false };
    }
    const host = hostOf(services, plan.hostId ?? '');
    const answer = await pick<string>({
      title,
      placeholder: vscode.l10n.t('Select the cgroup whose connections are redirected, or type its path'),
      position,
      live: true,
      items: cgroupReader(services, host),
    });
    return outcome(answer, cgroup => {
      invocation.keep({ cgroup });
      return { ...plan, cgroup };
    });
  };
  const nameStep: Step<Plan> = async (plan, position) => {
    if (target.attachment !== undefined) {
      return { kind: 'next', state: { ...plan, name: target.attachment }, asked: false };
    }
    const host = hostOf(services, plan.hostId ?? '');
    const taken = await namesOn(services, host);
    const answer = await input({
      title,
      prompt: vscode.l10n.t('Name of the attachment on {0}', host.definition.label),
      value: defaultName(plan.program ?? { kind: 'builtin' }, taken),
      position,
      check: text => {
        const fault = checkName(text, taken);
        return fault === undefined ? undefined : nameFaultText(fault);
      },
    });
    return outcome(answer, name => {
      invocation.keep({ attachment: name });
      return { ...plan, name };
    });
  };
  return runWizard([hostStep, programStep, cgroupStep, nameStep], {
    hostId: undefined,
    program: undefined,
    cgroup: undefined,
    name: undefined,
  });
}

function outcome<T>(answer: Answer<T>, next: (value: T) => Plan): StepOutcome<Plan> {
  return answer.kind === 'value' ? { kind: 'next', state: next(answer.value), asked: true } : answer;
}

async function namesOn(services: Services, host: Host): Promise<readonly string[]> {
  await services.models.get(host.definition.id)?.refresh();
  return services.models.get(host.definition.id)?.snapshot.attachments.map(a => a.name) ?? [];
}

/**
 * Build, connect, verify, attach. Whatever stage is cancelled or fails, nothing stays attached: also not what a request
 * that was given up attached after all.
 */
async function carryOut(
  services: Services,
  host: Host,
  plan: { readonly program: ProgramChoice; readonly cgroup: string; readonly name: string },
  task: Task,
): Promise<Attachment> {
  const policy = plan.program.kind === 'builtin' ? await readPolicyFile(services) : undefined;
  const made = await makeObject(services, plan.program, task);
  task.report(vscode.l10n.t('Connecting to {0}', host.definition.label));
  const client = await host.connect(task.signal);
  const object = await objectRefOf(host, made.path);
  const candidate = { program: plan.program, object, sources: made.sources };
  task.report(vscode.l10n.t('Verifying'));
  await verifyObject(services, host, client, candidate, task);
  task.report(vscode.l10n.t('Attaching'));
  const attachment = await attachObject(services, host, client, { ...plan, ...candidate, policy }, task);
  if (task.signal.aborted) {
    // Cancel came while the answer was under way.
    await takeBack(client, plan.name);
    throw new vscode.CancellationError();
  }
  return attachment;
}

/** Connections of so short a time have little to lose. */
async function takeBack(client: AgentClient, name: string): Promise<void> {
  await client.request('detach', { name, drainTimeoutMs: 1000, force: true });
}

/** Nobody waits for it any more; but what cannot be taken back must not redirect unnoticed. */
async function takeBackLate(
  services: Services,
  host: Host,
  client: AgentClient,
  name: string,
): Promise<void> {
  const { log, models } = services;
  const { id, label } = host.definition;
  log.warn(`${name} was attached on ${label} after the request was given up, and is detached`);
  try {
    await takeBack(client, name);
    log.info(`detached ${name} on ${label}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`${name} on ${label} cannot be detached: ${reason}`);
    void offer(
      'warning',
      vscode.l10n.t('{0} was attached on {1} after all, and cannot be detached: {2}', name, label, reason),
      commandOffer(vscode.l10n.t('Detach'), COMMANDS.detach, { hostId: id, attachment: name }),
    );
  }
  models.get(id)?.request();
}

/** What only the built-in datapath takes, from the settings. */
function datapathOptions({ config }: Services, policy: PolicyFile | undefined): DatapathOptions {
  return {
    pairing: config.get('pairing'),
    maxSockets: config.get('maxSockets'),
    edgeReaders: config.get('edgeReaders'),
    ...(policy === undefined ? {} : { policy: policy.text }),
  };
}

async function attachObject(
  services: Services,
  host: Host,
  client: AgentClient,
  what: Candidate & {
    readonly cgroup: string;
    readonly name: string;
    readonly policy: PolicyFile | undefined;
  },
  task: Task,
): Promise<Attachment> {
  const { object, cgroup, name } = what;
  const options = what.program.kind === 'builtin' ? datapathOptions(services, what.policy) : {};
  const request = (skMsgMap: string | undefined) =>
    client.request(
      'attach',
      { object, cgroup, name, ...options, ...(skMsgMap === undefined ? {} : { skMsgMap }) },
      {
        signal: task.signal,
        onProgress: task.report,
        onLate: () => void takeBackLate(services, host, client, name),
      },
    );
  try {
    return await request(undefined);
  } catch (error) {
    if (!(error instanceof AgentError)) {
      throw error;
    }
    const { data } = error;
    if (data?.kind === 'verifierRejected' && data.log !== undefined) {
      const file = 'path' in object ? baseName(object.path) : object.name;
      const refused = { name: data.program ?? file, ok: false, error: error.message, log: data.log };
      const [run] = await services.recorder.record(
        {
          host,
          target: targetOfProgram(what.program),
          object: file,
          sources: what.sources,
          logLevel: 1,
          programs: [refused],
        },
        task.signal,
      );
      if (run !== undefined) throw new RefusedError(run, error);
    }
    if (data?.kind !== 'ambiguous' || data.choices === undefined || data.choices.length === 0) {
      throw policyFileError(services, what.policy, error);
    }
    task.report(vscode.l10n.t('Waiting for the choice of a sockmap'));
    const answer = await pick<string>({
      title: vscode.l10n.t('Attach'),
      placeholder: vscode.l10n.t('Select the sockmap that the sk_msg program is attached to'),
      items: data.choices.map(choice => ({ label: `$(plug) ${choice}`, value: choice })),
    });
    if (answer.kind !== 'value' || task.signal.aborted) {
      throw new ProblemError({ code: 'cancelled', message: vscode.l10n.t('Cancelled.') });
    }
    return request(answer.value);
  }
}
