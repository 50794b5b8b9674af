// SPDX-License-Identifier: Apache-2.0
// `npm run demo [VERSION]`: the main job without a person, in the real workbench; pictures go to out/demo/.
import { basename } from 'node:path';
import { startMesh } from '../bench/mesh';
import { attach, detach } from '../e2e/mainJob';
import { showRefusals } from '../e2e/refusals';
import { Session } from '../e2e/session';
import { createCgroup } from '../support/cgroup';
import { runAgent } from '../support/agentCli';
import { Cleanup } from '../support/cleanup';
import { Traffic } from '../support/traffic';
import { outPath, sampleSource } from './checkout';
import { packExtension } from './vsix';
import { workbenchVersions } from './workbenchInstall';

const name = 'demo';

/** Prints a step with the seconds that it took. */
async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${title}`);
  return result;
}

async function main(cleanup: Cleanup): Promise<void> {
  const version = workbenchVersions.find(known => known === (process.argv[2] ?? '1.139.1'));
  if (version === undefined)
    throw new Error(`use one of these VS Code versions: ${workbenchVersions.join(', ')}`);
  await step('extension built and packaged', () => packExtension(true));
  const cgroup = await createCgroup('demo');
  cleanup.add(() => cgroup.remove());
  const session = await step(`VS Code ${version} open with the extension installed`, () =>
    Session.start('demo', { version, fixtures: sampleSource, shots: outPath('demo') }),
  );
  cleanup.add(() => session.stop());
  const { page } = session;
  const picture = async (title: string): Promise<void> => {
    if ((await page.notifications.list()).length > 0) {
      await page.runCommand('Notifications: Clear All Notifications');
    }
    console.log(`          ${await page.screenshot(title)}`);
  };
  const maps = page.view('Map Explorer');

  await page.openContainer('Sockmap');
  await page.view('Hosts').waitRow('Local');
  await page.widenSideBar(560);
  await picture('1-start');
  await page.openFile('sockmap.bpf.c');
  await step('verified', async () => {
    await page.runCommand('Sockmap: Verify');
    await page.notifications.wait(/was accepted by the verifier/, 60_000);
  });
  await page.runCommand('Sockmap: Show Verifier Log');
  await page.quickInput.waitOpen('Show Verifier Log');
  await page.quickInput.accept();
  await page.runCommand('Sockmap: Open Verifier Log as Text');
  await page.waitEditor(/\.log$/);
  await picture('2-verifier-log');

  await step('three programs refused and explained', () =>
    showRefusals(session, title => picture(`2-refused-${title}`)),
  );
  await page.runCommand('View: Close All Editors');
  await page.runCommand('View: Hide Panel');

  // Nothing is left attached when the demo ends early; there is nothing of that name when it does not.
  cleanup.add(() => runAgent('detach', '--name', name, '--force'));
  await step('attached', () =>
    attach(page, { host: 'Local', program: 'Built-in datapath', cgroup: `/${basename(cgroup.path)}`, name }),
  );
  await picture('3-attached');

  const echo = await Traffic.start([
    'load',
    '--cgroup',
    cgroup.path,
    '--count',
    '4',
    '--rate',
    '200',
    '--hold',
    '60',
  ]);
  cleanup.add(() => echo.stop());
  await step('8 sockets of an echo pair in the Map Explorer', () =>
    maps.waitFor('8 sockets', row => row.description.includes('8 sockets'), 30_000),
  );
  await maps.waitFor('a redirected socket', row => /[1-9].* redirected/.test(row.description));
  console.log(`          hit rate ${await page.waitStatus('sockmap.hitRate', /\d\s?%/)}`);
  await picture('4-echo');
  await echo.stop();

  const mesh = await startMesh(cgroup.path);
  cleanup.add(() => mesh.stop());
  const load = mesh.client(['wrk', '-t1', '-c16', '-d15s', mesh.url]);
  await step('sockets of two pods with sidecars behind iptables REDIRECT in the Map Explorer', () =>
    maps.waitFor('more sockets', row => /\b[1-9]\d+ sockets/.test(row.description), 10_000),
  );
  console.log(`          hit rate ${await page.waitStatus('sockmap.hitRate', /\d\s?%/)}`);
  await picture('5-proxies');
  const answered = /Requests\/sec:\s+([\d.]+)/.exec(await load)?.[1] ?? '0';
  console.log(`          ${answered} requests/s through two sidecars`);

  await step('detached', () => detach(page, name));
  await picture('6-detached');
}

const cleanup = new Cleanup();
try {
  await main(cleanup);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await cleanup.run();
}
