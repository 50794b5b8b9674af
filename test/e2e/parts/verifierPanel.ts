// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { VerifierPanel } from '../page/verifierPanel';
import type { SharedSession } from '../session';
import { setTheme } from '../theme';

/** Theme by its name in the settings, and the kind that a webview is told. */
const THEMES = [
  ['Default Dark Modern', 'vscode-dark'],
  ['Default Light Modern', 'vscode-light'],
  ['Default High Contrast', 'vscode-high-contrast'],
  ['Default High Contrast Light', 'vscode-high-contrast-light'],
] as const;

/** Tests of the Verifier Log panel, opened in an editor, with a program that the verifier refuses. */
export function verifierPanel(session: SharedSession): void {
  describe('the Verifier Log panel', () => {
    let panel: VerifierPanel;

    beforeAll(async () => {
      panel = new VerifierPanel(session.page.page);
      // What other parts left open would be a second page of the same kind, and stand for the notification.
      if (await session.page.page.locator('.part.panel').isVisible())
        await session.page.runCommand('View: Hide Panel');
      await session.page.runCommand('View: Close All Editors');
    });

    it('shows a refused program: explanation, the error selected, the state there', async () => {
      const { page } = session;
      await page.openContainer('Sockmap');
      await page.view('Hosts').waitRow('Local', 60_000);
      await page.openFile('refused.bpf.c');
      await page.runCommand('Sockmap: Verify');
      await page.notifications.wait(/The verifier refused program refused/, 60_000);
      await page.runCommand('Notifications: Clear All Notifications');
      await page.runCommand('View: Close All Editors');
      await page.runCommand('Sockmap: Open Verifier Log in Editor');
      await panel.find('verifier-explanation h2').waitFor();
      await expect
        .poll(() => panel.find('verifier-explanation dl').textContent())
        .toContain('R1 offset is outside of the packet');
      await expect.poll(() => panel.selected.textContent()).toMatch(/\*\(u8 \*\)\(r\d/);
      await expect
        .poll(() => panel.row('R1 offset is outside of the packet').getAttribute('class'))
        .toContain('error');
      // As far as the packet was compared with its end: not at all.
      await expect.poll(() => panel.find('verifier-state table').textContent()).toMatch(/r1.*pkt\(r=0\)/s);
      await page.screenshot('refused');
    });

    it('traces a register, and steps through the chain by keys', async () => {
      await panel.selected.locator('[data-register]').last().click();
      await expect.poll(() => panel.find('verifier-slice li').count()).toBeGreaterThan(0);
      await expect.poll(() => panel.find('verifier-stream .rail.step').count()).toBeGreaterThan(0);
      const before = await panel.selected.getAttribute('data-row');
      await panel.stream.focus();
      await session.page.page.keyboard.press(']');
      await session.page.page.keyboard.press(']');
      await expect.poll(() => panel.selected.getAttribute('data-row')).not.toBe(before);
      await session.page.page.keyboard.press('Escape');
      await expect.poll(() => panel.find('verifier-stream .rail.step').count()).toBe(0);
    });

    it('is used without a mouse: move, go to the error, search, change the tab', async () => {
      const { keyboard } = session.page.page;
      await panel.stream.focus();
      await keyboard.press('Home');
      await expect.poll(() => panel.selected.getAttribute('data-row')).toBe('0');
      await keyboard.press('ArrowDown');
      await expect.poll(() => panel.stream.getAttribute('aria-activedescendant')).toBe('row-1');
      await keyboard.press('e');
      await expect.poll(() => panel.selected.textContent()).toMatch(/\*\(u8 \*\)/);
      await keyboard.press('Control+f');
      await keyboard.type('#0');
      await expect.poll(() => panel.find('[role=status]').textContent()).toMatch(/^\d of \d+$/);
      await keyboard.press('Escape');
      await keyboard.press('Escape');
      for (let stops = 0; stops < 12 && (await panel.focusedTab()) === undefined; stops++)
        await keyboard.press('Tab');
      // The one in front, since a register was traced.
      expect(await panel.focusedTab()).toBe('Slice');
      await keyboard.press('ArrowLeft');
      await keyboard.press('Enter');
      await expect.poll(() => panel.find('verifier-slice').isVisible()).toBe(false);
      await expect.poll(() => panel.find('verifier-state').isVisible()).toBe(true);
    });

    it('leaves the keys of a list to the list, and copies a line by the keys of either system', async () => {
      const { page: workbench } = session.page;
      const { keyboard } = workbench;
      await panel.stream.focus();
      await keyboard.press('Home');
      await expect.poll(() => panel.selected.getAttribute('data-row')).toBe('0');
      await panel.find('verifier-toolbar .filter').focus();
      for (const key of ['e', '[', ']']) await keyboard.press(key);
      await panel.stream.focus();
      for (const key of ['Control+c', 'Meta+c']) {
        await workbench.evaluate(() => navigator.clipboard.writeText(''));
        await keyboard.press(key);
        // The line is still the first: none of the keys has gone to the error.
        await expect.poll(() => workbench.evaluate(() => navigator.clipboard.readText())).toMatch(/R1=ctx/);
      }
      await keyboard.press('e');
      await expect.poll(() => panel.selected.textContent()).toMatch(/\*\(u8 \*\)/);
    });

    it('has a menu on its rows, and actions in the title of its editor', async () => {
      const { page } = session;
      await panel.selected.locator('[data-register]').last().click({ button: 'right' });
      expect(await page.menuItems()).toEqual(
        expect.arrayContaining([
          'Go to Source of Verifier Log Line',
          'Trace Where the Value Comes From',
          'Copy Verifier Log Line',
        ]),
      );
      await page.screenshot('log-menu');
      await page.chooseMenuItem('Trace Where the Value Comes From');
      await expect.poll(() => panel.find('verifier-slice li').count()).toBeGreaterThan(0);
      await panel.row('R1 offset is outside of the packet').click({ button: 'right' });
      expect(await page.menuItems()).not.toContain('Trace Where the Value Comes From');
      await page.page.evaluate(() => navigator.clipboard.writeText(''));
      await page.chooseMenuItem('Copy Verifier Log Line');
      await expect
        .poll(() => page.page.evaluate(() => navigator.clipboard.readText()))
        .toMatch(/R1 offset is outside of the packet/);
      // A page has no name of a resource, but a title.
      await expect.poll(() => page.page.locator('.tab.active').textContent()).toBe('refused · Verifier Log');
      await page.page.locator('.editor-actions [aria-label^="Open Verifier Log as Text"]').click();
      await page.waitEditor(/refused\.log/);
      await page.runCommand('View: Revert and Close Editor');
      await panel.find('verifier-explanation h2').waitFor();
    });

    it('has its layout again when its tab is shown again', async () => {
      const { page } = session;
      const { keyboard } = page.page;
      const splitter = panel.find('verifier-splitter [role=separator]');
      await splitter.focus();
      await keyboard.press('ArrowLeft');
      await keyboard.press('ArrowLeft');
      await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe('54');
      const toggle = panel.find('verifier-explanation .toggle');
      await toggle.click();
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false');
      const steps = await panel.find('verifier-slice li').count();
      await page.runCommand('Sockmap: Open Verifier Log as Text');
      await page.waitEditor(/refused\.log/);
      await page.runCommand('View: Revert and Close Editor');
      await panel.find('verifier-explanation h2').waitFor();
      await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe('54');
      await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false');
      await expect.poll(() => panel.find('verifier-slice li').count()).toBe(steps);
      await page.screenshot('layout');
      await toggle.click();
      await panel.stream.focus();
      await keyboard.press('Escape');
      await expect.poll(() => panel.find('verifier-stream .rail.step').count()).toBe(0);
    });

    it('has a button that cancels a long search, by keyboard too', async () => {
      const { keyboard } = session.page.page;
      await panel.stream.focus();
      await keyboard.press('Control+f');
      await keyboard.type('r1');
      await expect.poll(() => panel.find('[role=status]').textContent()).toMatch(/^\d of \d+$/);
      await panel.pretendToSearch();
      const button = panel.find('verifier-search .cancel button');
      await expect.poll(() => button.getAttribute('aria-label')).toBe('Cancel the Search (Esc)');
      await keyboard.press('Tab');
      await expect.poll(() => panel.find('verifier-search .cancel button:focus').count()).toBe(1);
      await session.page.screenshot('searching');
      await keyboard.press('Enter');
      await expect.poll(() => panel.find('[role=status]').textContent()).toBe('Search cancelled');
      await expect.poll(() => button.count()).toBe(0);
      // The keyboard is in the field again, whose text stays: Enter looks for it once more.
      await keyboard.press('Enter');
      await expect.poll(() => panel.find('[role=status]').textContent()).toMatch(/^\d of \d+$/);
      await panel.pretendToSearch();
      await keyboard.press('Escape');
      await expect.poll(() => panel.find('[role=status]').textContent()).toBe('Search cancelled');
      await keyboard.press('Escape');
      await expect.poll(() => panel.find('[role=status]').textContent()).toBe('');
    });

    it('has a strip that shows where the error is, and goes where it is clicked', async () => {
      const strip = panel.find('verifier-minimap');
      await expect.poll(() => strip.locator('path.error').getAttribute('d')).toMatch(/^M0 /);
      expect(
        await strip.locator('path.bars').evaluateAll(paths => paths.some(path => path.getAttribute('d'))),
      ).toBe(true);
      // The log is short: in a window that is lower still the strip has something to go to.
      const frame = await panel.frame();
      await frame.evaluate(() => (document.body.style.height = '400px'));
      await panel.stream.evaluate(stream => (stream.scrollTop = 0));
      const box = await strip.locator('.strip').boundingBox();
      await strip.locator('.strip').click({ position: { x: 10, y: (box?.height ?? 0) - 3 } });
      await expect.poll(() => panel.stream.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(0);
      await frame.evaluate(() => (document.body.style.height = ''));
    });

    it('opens the line of C that a source row names', async () => {
      const { page } = session;
      await panel.find('verifier-stream .t-place').first().click();
      await page.waitEditor('refused.bpf.c');
      // Beside the log, which stays in front and has the keyboard.
      expect(await panel.find('verifier-explanation h2').isVisible()).toBe(true);
      await page.screenshot('source-beside');
      await page.page.locator('.tab[data-resource-name="refused.bpf.c"]').click();
      const source = await readFile(join(session.folder, 'refused.bpf.c'), 'utf8');
      const line = source.split('\n').findIndex(text => text.includes('msg->data')) + 1;
      expect(await page.waitStatus('status.editor.selection', new RegExp(`^Ln ${line},`))).toContain(
        `Ln ${line}`,
      );
      await page.runCommand('View: Close All Editors');
      await page.runCommand('Sockmap: Open Verifier Log in Editor');
      await panel.find('verifier-explanation h2').waitFor();
    });

    it('has no fault that axe finds, in four themes', async () => {
      const { page } = session;
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const [theme, kind] of THEMES) {
        await setTheme(session.folder, theme);
        const frame = await panel.frame();
        await expect.poll(() => frame.evaluate(() => document.body.dataset['vscodeThemeKind'])).toBe(kind);
        await frame.evaluate(axe);
        await panel.pretendToSearch();
        await panel.find('verifier-search .cancel button').waitFor();
        const found = await frame.evaluate(async () => {
          const { axe: run } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
          return (await run.run()).violations.map(({ id, nodes }) => ({
            id,
            nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`),
          }));
        });
        await page.screenshot(`axe-${theme.replaceAll(' ', '-').toLowerCase()}`);
        expect(found, theme).toEqual([]);
      }
    });
  });
}
