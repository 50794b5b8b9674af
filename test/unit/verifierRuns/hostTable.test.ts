// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  decodeHostTable,
  HOST_TABLE_VERSION,
  type HostTable,
  hostCell,
  programsOf,
} from '../../../extension/core/verifierRuns/hostTable';
import { madeRun } from './runs';

describe('the table of hosts and programs', () => {
  const first = madeRun();
  const second = madeRun({
    program: 'second',
    ok: false,
    error: 'R0 invalid mem access',

    problem: {
      id: 'x',
      title: 'A map value is used',
      knew: '',
      needed: '',
      fix: '',
      message: 'R0 invalid mem access',
      logLine: 1,
      calls: [],
    },
  });
  const table: HostTable = {
    version: HOST_TABLE_VERSION,
    name: 'a.bpf.c',
    file: '/w/a.bpf.c',
    at: first.at,
    rows: [
      { label: 'gone', kernel: '', problem: 'It does not answer.', cells: [] },
      { label: 'old', kernel: '5.10', duration: 12, cells: [hostCell(second)] },
      {
        hostId: 'local',
        label: 'new',
        kernel: '6.18',
        duration: 7,
        cells: [hostCell(first), hostCell(second)],
      },
    ],
  };

  it('has the figures of an accepted program, and the reason of a refused one', () => {
    expect(hostCell(first)).toEqual({
      program: 'first',
      runId: first.id,
      ok: true,
      reason: '',
      insns: 40,
      states: 4,
      stack: 24,
      time: 120,
    });
    expect(hostCell(second)).toMatchObject({ ok: false, reason: 'A map value is used' });
    expect(hostCell(madeRun({ ok: false, error: 'R0 invalid mem access' })).reason).toBe(
      'R0 invalid mem access',
    );
  });

  it('has a column for each program that any host told of', () => {
    expect(programsOf(table)).toEqual(['second', 'first']);
  });

  it('survives as JSON; what is no table is none', () => {
    expect(decodeHostTable(JSON.parse(JSON.stringify(table)))).toEqual(table);
    for (const other of [undefined, 'x', { ...table, version: 2 }, { ...table, rows: [{}] }])
      expect(decodeHostTable(other)).toBeUndefined();
  });
});
