// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixOf } from '../../extension/core/sources/fixes';
import { VerifierLog } from '../../extension/core/verifierLog';
import { problemOf } from '../../extension/core/verifierRuns/problem';
import { until } from '../e2e/page/until';
import { Session } from '../e2e/session';
import { checkout, outPath } from '../rig/checkout';
import { startVm, type Vm, vmKernels } from '../rig/vm';
import { hostAt } from '../ssh/loop';
import { Cleanup } from '../support/cleanup';

const run = promisify(execFile);

async function compiled(source: string): Promise<Buffer> {
  const object = source.replace(/^.*\//, '/tmp/sockmap-test-').replace(/\.c$/, '.o');
  const flags = ['-g', '-O2', '-target', 'bpf', '-mcpu=v2', '-idirafter', '/usr/include/x86_64-linux-gnu'];
  try {
    await run('clang', [...flags, '-c', source, '-o', object]);
    return await readFile(object);
  } finally {
    await rm(object, { force: true });
  }
}

/** Accepted or refused, by the first kernel that accepts: this machine's is newer than all of them. */
const FIRST = { everywhere: [5, 10], since_5_17: [5, 17] } as const;

/** Reads of the stack before it is written are allowed from 6.3 on, and by stable kernels that took the change over. */
const mayDiffer = (major: number, minor: number): boolean => major === 6 && minor < 3;

describe('verifying on this machine, three kernels and a host that is not there', () => {
  const cleanup = new Cleanup();
  const machines: Vm[] = [];
  let session: Session;

  beforeAll(async () => {
    for (const kernel of vmKernels) {
      const vm = await startVm({ kernel });
      cleanup.add(() => vm.stop());
      machines.push(vm);
    }
    const hosts = machines.map((vm, i) => ({
      destination: vm.host,
      configFile: vm.sshConfig,
      label: `Debian ${String(i + 11)}`,
      id: `vm-${String(i)}`,
    }));
    session = await Session.start('all-hosts', {
      version: '1.139.1',
      fixtures: join(checkout, 'test', 'fixtures', 'everywhere'),
      settings: { 'sockmap.hosts': [...hosts, { destination: '127.0.0.1', port: 1, label: 'Gone' }] },
      shots: outPath('all-hosts'),
    });
    cleanup.add(() => session.stop());
  });
  afterAll(() => cleanup.run());

  /** The table's rows as texts, once it has as many as there are hosts. */
  const table = async (): Promise<string[][]> =>
    until('the table', async () => {
      for (const frame of session.page.page.frames()) {
        const rows = frame.locator('tbody tr');
        if ((await rows.count().catch(() => 0)) !== machines.length + 2) continue;
        return rows.evaluateAll(found =>
          found.map(row => [...row.querySelectorAll('th, td')].map(cell => cell.textContent)),
        );
      }
      return undefined;
    });

  test('gives a table in which every kernel has its own verdict', async () => {
    const { page } = session;
    await page.openFile('everywhere.bpf.c');
    await page.runCommand('Sockmap: Verify on All Hosts');
    await page.waitEditor(/hostTable/, 90_000);
    const rows = await table();
    await page.runCommand('Notifications: Clear All Notifications');
    await page.screenshot('verify-all-hosts');
    for (const [head = '', ...cells] of rows.slice(0, -1)) {
      const [major = 0, minor = 0] = (/Linux (\d+)\.(\d+)/.exec(head) ?? []).slice(1).map(Number);
      expect(major).toBeGreaterThan(4);
      const wanted = Object.values(FIRST).map(([a, b]) => major > a || (major === a && minor >= b));
      const accepted = cells.map(text => text.startsWith('accepted'));
      const read = mayDiffer(major, minor) ? accepted[2] : major > 5;
      expect(accepted).toEqual([...wanted, read, false]);
      expect(cells[0]).toMatch(/\d insns, \d+ states/);
      expect(cells[3]).toMatch(/A map value is used before it was compared with NULL/);
    }
    expect(rows.at(-1)?.[0]).toBe('Gone');
    expect(rows.at(-1)?.[1]).toMatch(/\S.*\.$/);
  });

  test('edits make every kernel accept what it refused', async () => {
    const source = join(checkout, 'test', 'fixtures', 'everywhere', 'everywhere.bpf.c');
    const text = await readFile(source, 'utf8');
    for (const vm of machines) {
      const { host, registry } = hostAt({ destination: vm.host, configFile: vm.sshConfig });
      try {
        const client = await host.connect();
        const judge = async (path: string) => {
          const object = { name: 'everywhere.bpf.o', data: (await compiled(path)).toString('base64') };
          return (await client.request('verify', { object })).programs.filter(({ ok }) => !ok);
        };
        const refused = await judge(source);
        const fixes = refused.flatMap(({ name, log }) => {
          const problem = problemOf(VerifierLog.parse(log));
          return (problem && fixOf(text, { program: name, problem, isSame: true })) ?? [];
        });
        const kinds = refused.flatMap(({ name }) =>
          name === 'nowhere' ? ['null-check'] : name === 'uninitialised' ? ['initialise'] : [],
        );
        expect(fixes.map(({ kind }) => kind).sort()).toEqual(kinds.sort());
        let mended = text;
        for (const { insertion } of fixes.sort((a, b) => b.insertion.offset - a.insertion.offset))
          mended = mended.slice(0, insertion.offset) + insertion.text + mended.slice(insertion.offset);
        const path = join(session.folder, `mended-${vm.release}.bpf.c`);
        await writeFile(path, mended);
        const left = (await judge(path)).map(({ name }) => name);
        expect(left).toEqual(vm.release.startsWith('5.10.') ? ['since_5_17'] : []);
      } finally {
        await host.disconnect();
        registry.dispose();
      }
    }
  });

  test('is there again after a reload, and its cells open the log', async () => {
    const { page } = session;
    await page.page.reload();
    const rows = await table();
    expect(rows.length).toBe(machines.length + 2);
    for (const frame of page.page.frames()) {
      const link = frame.locator('tbody tr').nth(1).locator('a').last();
      if ((await link.count().catch(() => 0)) === 1) await link.click();
    }
    await page.page.locator('.part.panel', { hasText: /Verifier Log/i }).waitFor({ state: 'visible' });
  });
});
