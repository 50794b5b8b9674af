// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runAgent } from '../../support/agentCli';
import { createCgroup, type TestCgroup } from '../../support/cgroup';
import { flaws, packets } from '../../support/capture';
import { testName } from '../../support/cleanup';
import { Traffic } from '../../support/traffic';
import { attach } from '../mainJob';
import type { SharedSession } from '../session';

const exec = promisify(execFile);
const connections = 6;
const answers = { host: 'Local', program: 'Built-in datapath', name: testName('e2e') };
const { name } = answers;
const drained = testName('drain');
/** What a failed test may leave attached. */
const made = [name, drained];

/** Tests of attach, look and detach on the machine that the workbench runs on. */
export function mainJobHere(session: SharedSession): void {
  describe('the main job on this machine', () => {
    let cgroup: TestCgroup;
    /** The cgroup as the agent names it. */
    let below: string;
    let load: Traffic | undefined;

    beforeAll(async () => {
      cgroup = await createCgroup('e2e');
      below = `/${basename(cgroup.path)}`;
      // No object of the repository: *.o is ignored.
      await writeFile(join(session.folder, 'text.bpf.o'), 'This is no BPF object.\n');
    });

    afterAll(async () => {
      await load?.stop();
      for (const left of (await pinned()).filter(entry => made.includes(entry))) {
        await runAgent('detach', '--name', left, '--force');
      }
      await cgroup.remove();
    });

    afterEach(async () => {
      // One failed test shall not take the others with it.
      if (await session.page.quickInput.isOpen()) {
        await session.page.quickInput.cancel();
      }
    });

    const ourSockmap = () =>
      session.page
        .view('Map Explorer')
        .waitFor('the sockmap', row => row.label === 'sm_sockets' && row.description.includes(name));

    it('shows the local host, not connected, and a way to start', async () => {
      const { page } = session;
      await page.openContainer('Sockmap');
      const row = await page.view('Hosts').waitRow('Local');
      expect(row.description).toBe('Not connected');
      // Another text stands there until the extension has told whether there are hosts.
      await expect.poll(() => page.view('Map Explorer').welcome()).toContain('Connect to a host');
    });

    it('attaches through the palette: host, program, cgroup, name', async () => {
      const { page } = session;
      await attach(page, { ...answers, cgroup: below });
      const row = await page.view('Hosts').waitRow(name);
      expect(row.description).toContain(below);
      await ourSockmap();
    });

    it('shows redirected sockets and the hit rate live', async () => {
      const { page } = session;
      load = await Traffic.start([
        ...['load', '--cgroup', cgroup.path],
        ...['--count', String(connections), '--rate', '200', '--hold', '300'],
      ]);
      const maps = page.view('Map Explorer');
      const socket = await maps.waitFor(
        'a redirected socket',
        row => row.description.includes('peer #') && /[1-9].* redirected/.test(row.description),
      );
      expect(socket.label).toMatch(/^127\.0\.0\.1:\d+ → :\d+$/);
      expect(socket.description).toContain('ESTABLISHED');
      await expect.poll(async () => (await ourSockmap()).description).toContain(`${2 * connections} sockets`);
      expect(await page.waitStatus('sockmap.hitRate', /\d/)).toMatch(/^(100|\d+\.\d)\s%$/);
      await page.screenshot('attached');
    });

    it('filters sockets and says so', async () => {
      const { page } = session;
      const maps = page.view('Map Explorer');
      await maps.titleAction('Filter Sockets…');
      await page.quickInput.waitOpen('Filter Sockets');
      await page.quickInput.enter('no such thing');
      await maps.waitRow('Nothing matches the filter');
      expect(await maps.message()).toContain('no such thing');
      await maps.titleAction('Clear Socket Filter');
      await maps.waitFor('a socket', row => row.label.includes('→'));
    });

    it('copies the selected sockets, one on each line', async () => {
      const { page } = session;
      const maps = page.view('Map Explorer');
      const labels = (await maps.rows()).map(row => row.label).filter(label => label.includes('→'));
      const [one = '', other = ''] = labels;
      await maps.select(one);
      await maps.selectToo(other);
      await page.page.keyboard.press('Control+C');
      const lines = (await page.waitClipboard(/^cookie: .*\ncookie: .*$/)).split('\n');
      expect(lines).toHaveLength(2);
      expect(lines[0]).not.toBe(lines[1]);
    });

    it('puts any map of an attachment into view, also one in a group that is closed', async () => {
      const { page } = session;
      const [hosts, maps] = [page.view('Hosts'), page.view('Map Explorer')];
      await hosts.expand(name);
      const { label } = await hosts.waitFor('an array', row => /^(percpu_)?array$/.test(row.description));
      await hosts.select(label);
      await maps.waitFor(`${label}, selected`, row => row.label === label && row.selected);
      await page.screenshot('ordinary-map');
      await page.page.keyboard.press('Control+C');
      await page.waitClipboard(new RegExp(`^${label} \\(\\w+, id \\d+\\)$`));
      await maps.collapse('Other Maps');
      await hosts.collapse(name);
    });

    it('says in the status bar that what is attached is out of reach, and connects on a click', async () => {
      const { page } = session;
      await page.runCommand('Sockmap: Disconnect');
      await page.waitStatus('sockmap.hitRate', `${name}: not connected`);
      await page.screenshot('not-connected');
      await page.clickStatus('sockmap.hitRate');
      await page.waitStatus('sockmap.hitRate', /^(100|\d+\.\d)\s%$/);
      await page.view('Hosts').waitRow(name);
    });

    /** Answers the save dialog and waits for messages; what the notification says then. */
    const captureInto = async (file: string): Promise<RegExp> => {
      const { page, folder } = session;
      await page.quickInput.waitOpen(/^Capture [^(]*$/);
      // The dialog puts its proposal there a moment later, over what was typed.
      const proposal = new RegExp(`^${folder}/${name}-\\d{8}-\\d{6}\\.pcapng$`);
      await expect.poll(() => page.quickInput.value()).toMatch(proposal);
      await page.quickInput.enter(file);
      const running = new RegExp(`Sockmap: capturing ${name} into ${basename(file)}`);
      await page.notifications.wait(new RegExp(`${running.source}.*: [1-9].* messages, .*B`));
      return running;
    };

    it('captures messages into a file, from the palette, until it is cancelled', async () => {
      const { page, folder } = session;
      const { notifications, quickInput } = page;
      const file = join(folder, 'all.pcapng');
      await page.runCommand('Sockmap: Capture…');
      await quickInput.waitOpen('Capture');
      await quickInput.pick(name);
      await quickInput.waitOpen(`Capture ${name} (1/2)`);
      await quickInput.enter('99999');
      await expect.poll(() => quickInput.message()).toContain('Type a port');
      await quickInput.enter('');
      await quickInput.waitOpen(`Capture ${name} (2/2)`);
      await quickInput.pick('All messages of these connections');
      const running = await captureInto(file);
      await page.screenshot('capturing');
      await notifications.press(running, 'Cancel');
      const captured = /Captured (.*) messages \(.*\) of .* into all\.pcapng\./;
      const { severity, text, actions } = await notifications.wait(captured);
      await page.screenshot('captured');
      expect(severity).toBe('info');
      // No program of this machine could open it for a browser.
      expect(actions).toEqual(['Copy Path']);
      await notifications.press(captured, 'Copy Path');
      await expect.poll(() => page.page.evaluate(() => navigator.clipboard.readText())).toBe(file);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await flaws(file)).toEqual([]);
      const messages = await packets(file, 'tcp.flags.push == 1', 'tcp.stream');
      expect(messages).toHaveLength(Number(captured.exec(text)?.[1]?.replace(/\D/g, '')));
      expect(new Set(messages).size).toBe(connections);
    });

    it('captures the connection of a socket, from its menu', async () => {
      const { page, folder } = session;
      const file = join(folder, 'one.pcapng');
      await page.view('Map Explorer').contextMenu(/→/, 'Capture…');
      await page.quickInput.waitOpen(/^Capture 127\.0\.0\.1:\d+ → :\d+ \(1\/1\)$/);
      await page.quickInput.pick('Redirected messages only');
      const running = await captureInto(file);
      await page.notifications.press(running, 'Cancel');
      await page.notifications.wait(/^Captured .* into one\.pcapng\.$/);
      expect(new Set(await packets(file, 'tcp', 'tcp.stream'))).toEqual(new Set(['0']));
      await page.runCommand('Notifications: Clear All Notifications');
    });

    it('goes back a step, and refuses a bad name and one that is taken', async () => {
      const { page } = session;
      const { quickInput } = page;
      await page.runCommand('Sockmap: Attach…');
      await quickInput.waitOpen('Attach (1/4)');
      await quickInput.pick(answers.host);
      await quickInput.waitOpen('Attach (2/4)');
      await quickInput.pick(answers.program);
      await quickInput.waitOpen('Attach (3/4)');
      // The choice of the last time leads.
      await expect.poll(async () => (await quickInput.items())[0]?.label).toBe(below);
      // Enter takes what is typed now, not what was listed for the text before.
      await quickInput.type('/no-such');
      await quickInput.waitItem('/no-such');
      await quickInput.type(below);
      await quickInput.accept();
      await quickInput.waitOpen('Attach (4/4)');
      await quickInput.back();
      await quickInput.waitOpen('Attach (3/4)');
      await quickInput.back();
      await quickInput.waitOpen('Attach (2/4)');
      await quickInput.pick(answers.program);
      await quickInput.waitOpen('Attach (3/4)');
      await quickInput.pick(below);
      await quickInput.waitOpen('Attach (4/4)');
      await quickInput.enter('not/a name');
      await expect.poll(() => quickInput.message()).toContain('Use letters');
      await quickInput.enter(name);
      await expect.poll(() => quickInput.message()).toContain('exists on the host');
      await quickInput.cancel();
    });

    it('says what is wrong with a file that is no BPF object', async () => {
      const { page } = session;
      await page.runCommand('Sockmap: Verify');
      await page.quickInput.waitOpen('Verify');
      await page.quickInput.pick('text.bpf.o');
      const { severity } = await page.notifications.wait(/text\.bpf\.o is not an ELF file/);
      expect(severity).toBe('error');
      await page.runCommand('Notifications: Clear All Notifications');
    });

    it('puts compiler errors into the Problems panel and takes them off again', async () => {
      const { page, folder } = session;
      await page.openFile('broken.bpf.c');
      await page.runCommand('Sockmap: Build');
      await page.notifications.wait(/broken\.bpf\.c does not compile/);
      await page.waitProblem(/use of undeclared identifier 'undeclared'/);
      await page.screenshot('problems');
      const path = join(folder, 'broken.bpf.c');
      await writeFile(path, (await readFile(path, 'utf8')).replace('undeclared', '1'));
      await page.runCommand('Notifications: Clear All Notifications');
      await page.runCommand('Sockmap: Build');
      await page.notifications.wait(/^Built /);
      await expect.poll(() => page.problems()).not.toContainEqual(expect.stringContaining('undeclared'));
    });

    it('opens the verifier log of a refused program', async () => {
      const { page } = session;
      await page.openFile('refused.bpf.c');
      await page.runCommand('Sockmap: Verify');
      const refusal = /The verifier refused program refused/;
      expect((await page.notifications.wait(refusal)).severity).toBe('error');
      await page.notifications.press(refusal, 'Show Verifier Log');
      await page.runCommand('Sockmap: Open Verifier Log as Text');
      await page.waitEditor('refused.log');
      await page.screenshot('verifier-log');
      expect(await page.editorText()).toMatch(/invalid access to packet/);
    });

    it('copies diagnostics without the names of this machine', async () => {
      const { page } = session;
      await page.runCommand('Sockmap: Copy Diagnostics');
      await page.notifications.wait(/Diagnostics are on the clipboard/);
      const text = await page.page.evaluate(() => navigator.clipboard.readText());
      expect(text).toContain('# Sockmap diagnostics');
      expect(text).toContain('"fionread"');
      expect(text).not.toContain(hostname());
      expect(text).not.toContain(session.folder);
    });

    it('detaches and leaves nothing', async () => {
      const { page } = session;
      await page.openContainer('Sockmap');
      await page.view('Hosts').inlineAction(name, 'Detach…');
      await page.view('Hosts').waitGone(name, 60_000);
      await page.screenshot('detached');
      expect(await pinned()).not.toContain(name);
      expect((await exec('bpftool', ['cgroup', 'show', cgroup.path])).stdout.trim()).toBe('');
    });

    it('waits for unread bytes, says who holds them, and goes on when told', async () => {
      // In one attachment at a time, so that it is known which one redirects.
      await load?.stop();
      const { page } = session;
      await attach(page, { ...answers, cgroup: below, name: drained });
      const holding = await Traffic.start(['unread', '--cgroup', cgroup.path, '--count', '2']);
      try {
        await holding.ready();
        const unread = new RegExp(`${drained} no longer redirects, but \\d+ sockets? hold`);
        await page.view('Hosts').inlineAction(drained, 'Detach…');
        const warning = await page.notifications.wait(unread);
        expect(warning.severity).toBe('warning');
        expect(warning.actions).toEqual(['Keep Draining', expect.stringMatching(/^Drop .* and Remove$/)]);
        await page.screenshot('unread');
        // Who closes the question learns how things stand.
        await page.runCommand('Notifications: Clear All Notifications');
        const left = `${drained} no longer redirects and is draining.`;
        await page.notifications.press(left, 'Go On Draining');
        await page.notifications.wait(unread);
        holding.go();
        await page.notifications.press(unread, 'Keep Draining');
        await page.view('Hosts').waitGone(drained, 60_000);
        await holding.done();
      } finally {
        await holding.stop();
      }
    });
  });
}

/** Names of the folders of attachments in bpffs, wherever it is mounted. */
async function pinned(): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const found = mounts.filter(line => line.includes(' - bpf ')).map(line => line.split(' ')[4] ?? '');
  const lists = found.map(mount => readdir(join(mount, 'sockmap')).catch(() => []));
  return (await Promise.all(lists)).flat();
}
