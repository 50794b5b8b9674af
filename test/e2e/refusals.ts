// SPDX-License-Identifier: Apache-2.0
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout } from '../rig/checkout';
import { VerifierPanel } from './page/verifierPanel';
import type { Session } from './session';

/** Programs of refusals.bpf.c. */
const REFUSED = ['beyond_the_packet', 'maybe_no_value', 'kept_socket'] as const;

/** Verifies three programs with a mistake each; `picture` is taken of the Problems list, then of each explanation. */
export async function showRefusals(
  session: Session,
  picture: (title: string) => Promise<void>,
): Promise<void> {
  const { page, folder } = session;
  const file = 'refusals.bpf.c';
  await cp(join(checkout, 'test', 'fixtures', 'verifier', file), join(folder, file));
  await page.openFile(file);
  await page.runCommand('Sockmap: Verify');
  for (const program of REFUSED) await page.waitProblem(new RegExp(`${program}: `), 60_000);
  await picture('problems');
  const panel = new VerifierPanel(page.page);
  for (const program of REFUSED) {
    await page.runCommand('Sockmap: Open Verifier Log…');
    await page.quickInput.waitItem(/File…/);
    await page.quickInput.type(program);
    await page.quickInput.waitItem(program);
    await page.quickInput.accept();
    await panel.find(`verifier-toolbar .log[title^="${program}"]`).waitFor();
    await panel.find('verifier-explanation h2').waitFor();
    await picture(program);
  }
}
