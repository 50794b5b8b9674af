// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from '../../../extension/ui/runs/runFolder';
import { RunStore } from '../../../extension/ui/runs/runStore';
import { madeRun } from '../verifierRuns/runs';

const exec = promisify(execFile);

describe('verifier runs on the disk', () => {
  let top: string;
  let folder: string;
  let warnings: string[];
  const ignore = (): void => undefined;
  const logger = {
    trace: ignore,
    debug: ignore,
    info: ignore,
    error: ignore,
    warn: (line: string) => void warnings.push(line),
  };
  const open = (keep = 10) => new RunStore({ folder, logger, keep: () => keep });

  /** What a write left that was cut off some hours ago. */
  const leftover = async (name: string, hours: number) => {
    await writeFile(join(folder, name), '{');
    const then = Date.now() / 1000 - hours * 3600;
    await utimes(join(folder, name), then, then);
  };

  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'sockmap-runs-'));
    folder = join(top, 'runs');
    warnings = [];
  });
  afterEach(() => rm(top, { recursive: true, force: true }));

  it('are there after a reload, with their logs', async () => {
    const runs = [madeRun(), madeRun()];
    const first = open();
    first.add(runs.map(run => ({ run, log: `log of ${run.id} é\n` })));
    await first.settled;
    const second = open();
    const changes: unknown[] = [];
    second.onDidChange(added => changes.push(added));
    await second.settled;
    expect(second.runs.all).toEqual(runs);
    expect(changes).toEqual([[]]);
    expect(await second.log(runs[0]?.id ?? '')).toBe(`log of ${runs[0]?.id ?? ''} é\n`);
    expect(warnings).toEqual([]);
  });

  it('are dropped beyond the number that is kept, and when that number shrinks', async () => {
    const store = open(2);
    const runs = [madeRun(), madeRun(), madeRun()];
    for (const run of runs) store.add([{ run, log: run.id }]);
    await store.settled;
    expect(store.runs.all).toEqual(runs.slice(1));
    expect((await readdir(folder)).length).toBe(4);
    const smaller = open(1);
    await smaller.settled;
    expect(smaller.runs.all).toEqual(runs.slice(2));
    expect((await readdir(folder)).length).toBe(2);
  });

  it('that are damaged are left out with one line, the others stay', async () => {
    const good = madeRun();
    const cut = madeRun();
    const store = open();
    store.add([good, cut].map(run => ({ run, log: 'x' })));
    await store.settled;
    await writeFile(join(folder, `${cut.id}.json`), '{"version":1,"id":');
    await writeFile(join(folder, 'renamed.json'), JSON.stringify(good));
    await writeFile(join(folder, `${good.id}.log.gz`), 'no gzip');
    await leftover('half.json.0123456789ab.tmp', 2);
    const again = open();
    await again.settled;
    expect(again.runs.all).toEqual([good]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${cut.id}.json`);
    expect(await again.log(good.id)).toBeUndefined();
    expect(await readdir(folder)).not.toContain('half.json.0123456789ab.tmp');
  });

  it('are all there beside a leftover that cannot be removed, and take new ones', async () => {
    const store = open();
    const kept = madeRun();
    store.add([{ run: kept, log: 'x' }]);
    await store.settled;
    await mkdir(join(folder, 'folder.tmp'));
    await utimes(join(folder, 'folder.tmp'), 1, 1);
    const again = open();
    const run = madeRun();
    again.add([{ run, log: 'y' }]);
    await again.settled;
    expect(again.runs.all).toEqual([kept, run]);
    expect(await readdir(folder)).toContain(`${run.id}.log.gz`);
    expect(warnings).toEqual([expect.stringMatching(/folder\.tmp cannot be removed/)]);
  });

  it('that another window is writing are left alone', async () => {
    await mkdir(folder);
    await leftover('new.json.0123456789ab.tmp', 0);
    const store = open();
    await store.settled;
    expect(await readdir(folder)).toEqual(['new.json.0123456789ab.tmp']);
  });

  it('are written on after a listener has failed', async () => {
    const first = open();
    first.add([{ run: madeRun(), log: 'x' }]);
    await first.settled;
    const store = open();
    store.onDidChange(added => {
      if (added.length === 0) throw new Error('boom');
    });
    await store.settled;
    const run = madeRun();
    store.add([{ run, log: 'y' }]);
    await store.settled;
    expect(await readdir(folder)).toContain(`${run.id}.log.gz`);
  });

  it('stay in memory when the disk is full, and leave no half files', async () => {
    await mkdir(folder);
    await exec('mount', ['-t', 'tmpfs', '-o', 'size=16k,nr_inodes=64', 'sockmap-test', folder]);
    try {
      const store = open();
      const run = madeRun();
      let log = '';
      for (let i = 0; i < 20_000; i++) log += `${(Math.sin(i) * 1e9).toString(36)}\n`;
      store.add([{ run, log }]);
      await store.settled;
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/is not kept: ENOSPC/);
      expect(await readdir(folder)).toEqual([]);
      expect(await store.log(run.id)).toBe(log);
    } finally {
      await exec('umount', [folder]);
    }
  });

  it('work without a folder that can be made', async () => {
    await writeFile(folder, 'a file');
    const store = open();
    const run = madeRun();
    store.add([{ run, log: 'kept in memory' }]);
    await store.settled;
    expect(await store.log(run.id)).toBe('kept in memory');
    expect(warnings.some(line => line.includes('is not kept'))).toBe(true);
  });

  it('lose the oldest logs, not their figures, when logs grow beyond the limit', async () => {
    const disk = new RunFolder({ folder, logger, maxLogBytes: 100 });
    const runs = [madeRun(), madeRun(), madeRun()];
    for (const run of runs) {
      expect(await disk.save(run, `${run.id} ${'0123456789abcdef'.repeat(3)}`)).toBe(true);
    }
    expect(await disk.log(runs[0]?.id ?? '')).toBeUndefined();
    expect(await disk.log(runs[2]?.id ?? '')).toContain('0123');
    expect(await disk.load()).toEqual(runs);
  });
});
