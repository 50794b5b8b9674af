// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import type { CommandTarget } from '../../contrib/ids';
import { type ProgramChoice, baseName } from '../../core/attachPlan';
import { HOST_TABLE_VERSION, hostCell, type HostRow } from '../../core/verifierRuns/hostTable';
import type { Host } from '../../host/api';
import { isCancellation, reportOf } from '../errors';
import { type Task, withProgress } from '../progress';
import type { Services } from '../services';
import { makeObject, objectRefOf } from './program';
import { chooseProgram, judge } from './verify';

/** Builds once, then asks the verifier of every host at the same time; a host that fails has its reason in its row. */
export async function verifyAllHosts(services: Services, target: CommandTarget): Promise<void> {
  const program = await chooseProgram(services, target, vscode.l10n.t('Verify on All Hosts'), true);
  if (program === undefined) return;
  const name = program.kind === 'builtin' ? vscode.l10n.t('Built-in datapath') : baseName(program.path);
  const rows = await withProgress(vscode.l10n.t('Sockmap: verifying {0} on all hosts', name), async task => {
    const object = await makeObject(services, program, task);
    const { hosts } = services.registry;
    let done = 0;
    const report = () => task.report(vscode.l10n.t('{0} of {1} hosts', done, hosts.length));
    report();
    return await Promise.all(
      hosts.map(async host => {
        const row = await rowOf(services, host, program, object, task);
        done++;
        report();
        return row;
      }),
    );
  });
  await services.hostTable.show({
    version: HOST_TABLE_VERSION,
    name,
    at: new Date().toISOString(),
    rows,
  });
}

async function rowOf(
  services: Services,
  host: Host,
  program: ProgramChoice,
  object: string,
  task: Task,
): Promise<HostRow> {
  const start = performance.now();
  const { label } = host.definition;
  try {
    const client = await host.connect(task.signal);
    const candidate = { program, object: await objectRefOf(host, object) };
    const quiet = { signal: task.signal, report: () => undefined };
    const { runs } = await judge(services, host, client, candidate, quiet);
    return {
      label,
      kernel: host.state.kind === 'ready' ? host.state.kernel : '',
      duration: performance.now() - start,
      cells: runs.map(hostCell),
    };
  } catch (error) {
    // Cancelled for all hosts, not a failure of this one.
    if (isCancellation(error) && task.signal.aborted) throw error;
    const problem = reportOf(error).message;
    services.log.warn(`verify on ${label}: ${problem}`);
    return { label, kernel: '', problem, cells: [] };
  }
}
