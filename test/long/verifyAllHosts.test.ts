// SPDX-License-Identifier: Apache-2.0
import { cp } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addHost } from '../e2e/mainJob';
import { HostTable, type TableRow } from '../e2e/page/hostTable';
import { VerifierPanel } from '../e2e/page/verifierPanel';
import { Session } from '../e2e/session';
import { SshHost, writeSsh } from '../e2e/sshHost';
import { setTheme } from '../e2e/theme';
import { checkout, outPath, sampleSource, temporaryFolder } from '../rig/checkout';
import { vmKernels } from '../rig/vm';
import { freshVsix } from '../rig/vsix';
import { Cleanup } from '../support/cleanup';

/** Three emulated machines on two cores: the verifier of 5.10 alone takes a minute and a half for the datapath. */
const answered = { timeout: 300_000 };
const COMMAND = 'Sockmap: Verify on All Hosts';
/** Instructions and time, as a cell has them. */
const FIGURES = /^✓?\s*accepted.*[1-9][\d\u202f ]* insns,.* (\d+ min \d+ s|[1-9]\d*(\.\d)? (µs|ms|s))$/;
const OFF =
  /^No connection to 127\.0\.0\.1 port \d+: connection refused\. Check that the host is up, [^.]+\.$/;
const TITLE = 'Packet or message data is read beyond what was compared with its end';

const labelOf = (kernel: string): string => `Linux ${kernel}`;

describe('verifying on this machine and three hosts behind SSH', () => {
  const cleanup = new Cleanup();
  const hosts = vmKernels.map(kernel => ({
    label: labelOf(kernel),
    host: new SshHost({ kernel, name: `lab-${kernel}` }),
  }));
  const [, second] = hosts;
  let session: Session;
  let table: HostTable;

  beforeAll(async () => {
    const folder = await temporaryFolder('all-hosts-ssh');
    cleanup.add(() => folder.remove());
    for (const { host } of hosts) cleanup.add(() => host.stop());
    await Promise.all([freshVsix(), ...hosts.map(({ host }) => host.start())]);
    const ssh = await writeSsh(
      folder.path,
      hosts.map(({ host }) => host),
    );
    session = await Session.start('all-hosts', {
      version: '1.139.1',
      fixtures: sampleSource,
      settings: { 'sockmap.ssh.path': ssh },
      shots: outPath('long', 'verify-all-hosts'),
    });
    cleanup.add(() => session.stop());
    table = new HostTable(session.page.page);
    await cp(
      join(checkout, 'test', 'e2e', 'fixtures', 'refused.bpf.c'),
      join(session.folder, 'refused.bpf.c'),
    );
    await session.page.openContainer('Sockmap');
    await session.page.view('Hosts').waitRow('Local', 60_000);
    for (const { host, label } of hosts) await addHost(session.page, host.name, label);
  });
  afterAll(() => cleanup.run());

  /** Runs the command on a file of the workspace; the table is open then, perhaps with hosts to wait for. */
  async function start(file: string): Promise<void> {
    // The table of an earlier run would be taken for this one's.
    await session.page.runCommand('View: Close All Editors');
    await session.page.openFile(file);
    await session.page.runCommand(COMMAND);
    await expect.poll(() => table.heading(), answered).toContain(`${file} on all hosts`);
  }

  /** Waits until all hosts but these have their verdicts in the table. */
  async function waitForAllBut(waiting: readonly string[]): Promise<TableRow[]> {
    // All rows of one reading: the page is empty for a moment when it is filled anew.
    await expect
      .poll(async () => {
        const rows = await table.rows();
        const still = rows.filter(({ cells }) => cells[''] === 'verifying…').map(({ host }) => host);
        return { rows: rows.length, still };
      }, answered)
      .toEqual({ rows: 4, still: waiting });
    return table.rows();
  }

  async function waitForAll(): Promise<TableRow[]> {
    await waitForAllBut([]);
    await session.page.notifications.waitGone(/verifying/);
    return table.rows();
  }

  /** Pictures in a dark and in a light theme. */
  async function pictures(name: string): Promise<void> {
    const { page, folder } = session;
    for (const theme of ['Default Light Modern', 'Default Dark Modern']) {
      await setTheme(folder, theme);
      const kind = theme.includes('Light') ? 'vscode-light' : 'vscode-dark';
      await expect.poll(() => table.find('body').getAttribute('class')).toContain(kind);
      await page.screenshot(`${name}-${kind.replace('vscode-', '')}`);
    }
  }

  function expectKernels(rows: readonly TableRow[]): void {
    const known = [
      ['Local', release()],
      ...hosts.map(({ label, host }) => [label, host.release] as const),
    ] as const;
    expect(rows.map(({ host }) => host)).toEqual(known.map(([label]) => label));
    for (const [place, [, kernel]] of known.entries()) {
      expect(rows[place]?.notes).toMatch(/^Linux \S+, answered in [1-9].* m?s$/);
      expect(rows[place]?.notes).toContain(`Linux ${kernel},`);
    }
  }

  it('shows that four kernels accept each program of the datapath, with instructions and time', async () => {
    await start('sockmap.bpf.c');
    const rows = await waitForAll();
    await pictures('accepted');
    expectKernels(rows);
    for (const { host, cells } of rows) {
      expect(Object.keys(cells).length, host).toBeGreaterThanOrEqual(3);
      for (const [program, text] of Object.entries(cells))
        expect(text, `${program} on ${host}`).toMatch(FIGURES);
    }
  });

  it('explains on each of them why a program is refused, and opens that log', async () => {
    await start('refused.bpf.c');
    const rows = await waitForAll();
    await pictures('refused');
    expectKernels(rows);
    for (const { host, cells } of rows) {
      expect(Object.keys(cells), host).toEqual(['refused']);
      expect(cells['refused'], host).toContain(TITLE);
    }
    await table.find('a').last().click();
    // It opens beside the table, and a page object knows one page.
    const { page } = session;
    const panel = page.page.locator('.part.panel');
    await panel.waitFor({ state: 'visible' });
    const explained = async (): Promise<boolean> => {
      const shown = page.page.frames().map(frame =>
        frame
          .locator('verifier-explanation h2')
          .isVisible()
          .catch(() => false),
      );
      return (await Promise.all(shown)).includes(true);
    };
    await expect.poll(explained).toBe(true);
    await page.screenshot('log-of-a-cell');
    await page.runCommand('View: Close All Editors');
    await new VerifierPanel(page.page).find('verifier-explanation h2').waitFor();
    await page.runCommand('View: Hide Panel');
    await panel.waitFor({ state: 'hidden' });
  });

  it('shows the others at once while a host hangs, then why that one did not answer', async () => {
    if (second === undefined) throw new Error('there are three hosts.');
    await second.host.cut();
    await start('refused.bpf.c');
    const early = await waitForAllBut([second.label]);
    const others = early.filter(({ host }) => host !== second.label);
    expect(others).toHaveLength(3);
    for (const { host, cells } of others) expect(cells['refused'], host).toContain(TITLE);
    await session.page.screenshot('hanging');
    await second.host.stop();
    const rows = await waitForAll();
    await pictures('switched-off');
    expect(rows.filter(({ host }) => host !== second.label)).toEqual(others);
    expect(rows.find(({ host }) => host === second.label)?.cells['']).toMatch(
      /^The connection to .* was (cut|lost)\./,
    );
  });

  it('says in the row of a host that is off from the start why it cannot be reached, and fills the others', async () => {
    if (second === undefined) throw new Error('there are three hosts.');
    await second.host.stop();
    await start('refused.bpf.c');
    const rows = await waitForAll();
    await pictures('off-from-the-start');
    expect(rows.map(({ host }) => host)).toEqual(['Local', ...hosts.map(({ label }) => label)]);
    for (const { host, notes, cells } of rows) {
      if (host === second.label) {
        expect(cells).toEqual({ '': expect.stringMatching(OFF) as string });
        expect(notes).not.toContain('answered');
      } else expect(cells['refused'], host).toContain(TITLE);
    }
  });
});
