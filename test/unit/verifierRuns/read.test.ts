// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { findPlace } from '../../../extension/core/sources/findPlace';
import { decodeRun, readRun, stackBytes } from '../../../extension/core/verifierRuns';
import { captureLogs, fixturePath, type RealLog } from '../verifierLog/realLogs';
import { readWhole } from './runs';

const context = {
  id: 'one',
  at: '2026-01-01T00:00:00.000Z',
  host: { id: 'local', label: 'Local', kernel: '6.18' },
  object: 'x.bpf.o',
  target: '/x.bpf.c',
  logLevel: 6,
};

describe('a log of a million lines', () => {
  const program = {
    ...{ name: 'x', ok: false, error: 'no' },
    log: `${'0: (b7) r0 = 1                        ; R0_w=1\n'.repeat(1_000_000)}invalid access to packet\n`,
  };

  it('is read in turns, between which others have theirs', async () => {
    let pauses = 0;
    let clock = 0;
    // Every look at the clock is a turn later.
    const now = () => (clock += 100);
    const read = await readRun(context, program, {
      ...{ now, stopped: () => false },
      pause: () => {
        pauses++;
        return Promise.resolve();
      },
    });
    expect(read?.run).toMatchObject({ logLines: 1_000_001, problem: { logLine: 1_000_000 } });
    // A piece is some thousands of lines.
    expect(pauses).toBeGreaterThan(100);
  });

  it('is given up when nobody waits for it any more', async () => {
    let pauses = 0;
    const read = await readRun(context, program, {
      ...{ now: () => performance.now(), stopped: () => pauses >= 2 },
      pause: () => {
        pauses++;
        return Promise.resolve();
      },
    });
    expect([read, pauses]).toEqual([undefined, 2]);
  });
});

describe('runs of the running kernel', () => {
  const logs: RealLog[] = [];

  beforeAll(async () => {
    for (const name of ['accepted', 'rejected']) logs.push(...(await captureLogs(name, 'v2', [2, 4])));
  }, 60_000);

  it('have every figure at level 4, and survive as JSON', async () => {
    const accepted = logs.filter(({ ok, level }) => ok && level === 4);
    expect(accepted.length).toBeGreaterThan(3);
    for (const log of accepted) {
      const run = await readWhole(context, { ...log, error: null });
      expect(run.insnsProcessed, log.name).toBeGreaterThan(0);
      expect(run.peakStates, log.name).toBeGreaterThanOrEqual(0);
      expect(stackBytes(run), log.name).toBeGreaterThanOrEqual(0);
      expect(run.verificationTime, log.name).toBeGreaterThan(0);
      expect(decodeRun(JSON.stringify(run))).toEqual(run);
    }
  });

  it('have every visit at level 2', async () => {
    const accepted = logs.filter(({ ok, level }) => ok && level === 2);
    expect(accepted.length).toBeGreaterThan(3);
    for (const log of accepted) {
      const run = await readWhole(context, { ...log, error: null });
      expect(run.allVisits, log.name).toBe(true);
      const visits = run.visits.reduce((sum, line) => sum + line.visits, 0);
      expect(visits, log.name).toBeLessThanOrEqual(run.insnsProcessed ?? 0);
      expect(visits, log.name).toBeGreaterThan(0);
    }
  });

  it('that were refused name a line of the source that the kernel marked', async () => {
    const text = await readFile(fixturePath('rejected'), 'utf8');
    const lines = text.split('\n');
    const refused = logs.filter(({ ok, level }) => !ok && level === 2);
    expect(refused.length).toBeGreaterThan(8);
    for (const log of refused) {
      const run = await readWhole(context, { ...log, error: 'no' });
      expect(run.problem?.message, log.name).not.toBe('');
      const part = findPlace(text, log.name, run.problem?.place);
      expect(part, log.name).toBeDefined();
      // Kernels before 6.8 print no line: the text alone leads to one that reads the same.
      const { text: code } = run.problem?.place ?? { text: '' };
      const old = findPlace(text, log.name, run.problem?.place && { text: code });
      expect(lines[old?.line ?? -1]?.trim(), log.name).toBe(lines[part?.line ?? -2]?.trim());
    }
  });

  it('of another version, or none at all, are not read', () => {
    expect(decodeRun('{')).toBeUndefined();
    expect(decodeRun('{"version":2}')).toBeUndefined();
    expect(decodeRun('[]')).toBeUndefined();
  });
});
