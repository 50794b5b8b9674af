// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout } from '../rig/checkout';
import { workbenchVersions } from '../rig/workbenchInstall';
import { descendants } from '../support/hosts';
import { shownWebview } from './page/webview';
import { Session } from './session';

describe.each(workbenchVersions)('a workspace that is not trusted, in VS Code of %s', version => {
  let session: Session;

  beforeAll(async () => {
    session = await Session.start('trust', {
      version,
      fixtures: join(checkout, 'test', 'e2e', 'fixtures'),
      workspaceTrust: true,
      settings: { 'sockmap.hosts': [{ destination: 'alice@secret.example.org', label: 'Payments' }] },
    });
  });
  afterAll(() => session.stop());

  it('has no hosts and starts nothing', async () => {
    const { page } = session;
    // Later versions open a folder in restricted mode without asking.
    if (version === '1.100.3') {
      await page.dialog.wait();
      await page.dialog.click("No, I don't trust the authors");
    }
    await page.openContainer('Sockmap');
    await expect.poll(() => page.view('Hosts').welcome()).toContain('only in a trusted workspace');
    expect(await page.view('Hosts').rows()).toEqual([]);
    expect((await descendants()).filter(({ command }) => command.includes('sockmap-agent'))).toEqual([]);
    await page.screenshot('untrusted');
  });

  it('offers no command that would start something', async () => {
    const { page } = session;
    await page.page.keyboard.press('F1');
    await page.quickInput.waitOpen();
    await page.quickInput.type('>Sockmap: ');
    await page.quickInput.waitItem('Sockmap: Copy Diagnostics');
    const offered = (await page.quickInput.items()).map(item => item.label);
    expect(offered.filter(label => /Attach|Build|Verify|Connect|Add Host/.test(label))).toEqual([]);
    await page.quickInput.cancel();
  });

  it('copies diagnostics without the hosts of the settings, of which it has made none', async () => {
    const { page } = session;
    await page.runCommand('Sockmap: Copy Diagnostics');
    await page.notifications.wait(/Review them before you post them/);
    const text = await page.page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain('sockmap.hosts: [{"destination":"<host>","label":"<host>"}]');
    expect(text).not.toMatch(/secret|alice|Payments/);
    await page.runCommand('Notifications: Clear All Notifications');
  });

  it('shows the user guide, and its pages from there', async () => {
    const { page } = session;
    await page.runCommand('Sockmap: Open User Guide');
    const heading = (name: string) => shownWebview(page.page).getByRole('heading', { level: 1, name });
    await heading('Sockmap User Guide').waitFor();
    await shownWebview(page.page).getByRole('link', { name: 'Policies' }).click();
    await heading('Policies').waitFor();
    await page.screenshot('guide');
  });

  it('is there at once when trust is given', async () => {
    const { page } = session;
    await page.runCommand('Workspaces: Manage Workspace Trust');
    await page.page.locator('.workspace-trust-buttons-row .monaco-button', { hasText: /^Trust$/ }).click();
    await page.view('Hosts').waitRow('Local');
  });
});
