// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { type ProgramChoice, baseName } from '../../core/attachPlan';
import {
  HOST_TABLE_VERSION,
  hostCell,
  type HostRow,
  type HostTable,
} from '../../core/verifierRuns/hostTable';
import type { Host } from '../../host/api';
import { isCancellation, reportOf } from '../errors';
import { offer } from '../offer';
import { type Task, withProgress } from '../progress';
import type { Services } from '../services';
import type { Invocation } from './invocation';
import { type MadeObject, makeObject, objectRefOf, targetOfProgram } from './program';
import { chooseProgram, hostToVerifyOn, judge } from './verify';

/**
 * Builds once, then asks the verifier of every host at the same time. The table is there from the start, and each row
 * is filled when its host answered; one that fails has its reason in its row.
 */
export async function verifyAllHosts(
  services: Services,
  _target: CommandTarget,
  invocation: Invocation,
): Promise<void> {
  const program = await chooseProgram(services, invocation, vscode.l10n.t('Verify on All Hosts'), true);
  if (program === undefined) return;
  if (services.registry.hosts.length === 0) {
    const { message, offers } = hostToVerifyOn().none;
    void offer('information', message, ...offers);
    return;
  }
  const name = program.kind === 'builtin' ? vscode.l10n.t('Built-in datapath') : baseName(program.path);
  const at = new Date().toISOString();
  await withProgress(vscode.l10n.t('Sockmap: verifying {0} on all hosts', name), async task => {
    const object = await makeObject(services, program, task);
    const { hosts } = services.registry;
    const rows = hosts.map(waitingRow);
    const table = (): HostTable => ({
      ...{ version: HOST_TABLE_VERSION, name, at, rows },
      file: targetOfProgram(program),
    });
    services.hostTable.show(table());
    let done = 0;
    const report = () => task.report(vscode.l10n.t('{0} of {1} hosts', done, hosts.length));
    report();
    await Promise.all(
      hosts.map(async (host, place) => {
        rows[place] = await rowOf(services, host, program, object, task);
        done++;
        report();
        services.hostTable.update(table());
      }),
    );
    await services.hostTable.keep(table());
  });
}

function waitingRow({ definition, state }: Host): HostRow {
  const kernel = state.kind === 'ready' ? state.kernel : '';
  return { hostId: definition.id, label: definition.label, kernel, waiting: true, cells: [] };
}

async function rowOf(
  services: Services,
  host: Host,
  program: ProgramChoice,
  object: MadeObject,
  task: Task,
): Promise<HostRow> {
  const start = performance.now();
  const { id: hostId, label } = host.definition;
  const row = { hostId, label, kernel: '' };
  try {
    const client = await host.connect(task.signal);
    row.kernel = host.state.kind === 'ready' ? host.state.kernel : '';
    const candidate = { program, object: await objectRefOf(host, object.path), sources: object.sources };
    const quiet = { signal: task.signal, report: () => undefined };
    const { runs } = await judge(services, host, client, candidate, quiet);
    return { ...row, duration: performance.now() - start, cells: runs.map(hostCell) };
  } catch (error) {
    // Cancelled for all hosts, not a failure of this one.
    if (isCancellation(error) && task.signal.aborted)
      return { ...row, problem: vscode.l10n.t('Cancelled before the host answered.'), cells: [] };
    const problem = reportOf(error).message;
    services.log.warn(`verify on ${label}: ${problem}`);
    return { ...row, problem, cells: [] };
  }
}
