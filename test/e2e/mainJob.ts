// SPDX-License-Identifier: Apache-2.0
import type { WorkbenchPage } from './workbenchPage';

export interface AttachAnswers {
  /** Label of the host's row. */
  readonly host: string;
  /** Label of the program's row. */
  readonly program: string;
  /** Path of the cgroup below the mount of cgroup v2. */
  readonly cgroup: string;
  readonly name: string;
}

/** Runs Sockmap: Attach and answers its four steps; returns when the attachment is in the Hosts view. */
export async function attach(page: WorkbenchPage, answers: AttachAnswers): Promise<void> {
  const { quickInput } = page;
  await page.runCommand('Sockmap: Attach…');
  await quickInput.waitOpen('Attach (1/4)');
  await quickInput.pick(answers.host);
  await quickInput.waitOpen('Attach (2/4)');
  await quickInput.pick(answers.program);
  await quickInput.waitOpen('Attach (3/4)', 60_000);
  await quickInput.type(answers.cgroup);
  await quickInput.pick(answers.cgroup);
  await quickInput.waitOpen('Attach (4/4)');
  await quickInput.enter(answers.name);
  await page.view('Hosts').waitRow(answers.name, 60_000);
}

/** Runs Sockmap: Detach for an attachment; returns when it is gone from the Hosts view. */
export async function detach(page: WorkbenchPage, name: string): Promise<void> {
  await page.runCommand('Sockmap: Detach…');
  await page.quickInput.waitOpen(/^Detach/);
  await page.quickInput.pick(name);
  await page.view('Hosts').waitGone(name, 60_000);
}

/** Runs Sockmap: Add Host for a name of the ssh configuration; returns when its row is in the Hosts view. */
export async function addHost(page: WorkbenchPage, name: string, label: string): Promise<void> {
  await page.runCommand('Sockmap: Add Host…');
  await page.quickInput.waitOpen('Add SSH Host');
  await page.quickInput.type(name);
  await page.quickInput.pick(name);
  await page.quickInput.waitPrompt(/^Name of the host/);
  await page.quickInput.enter(label);
  await page.view('Hosts').waitRow(label);
}
