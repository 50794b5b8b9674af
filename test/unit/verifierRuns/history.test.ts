// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { RunHistory } from '../../../extension/core/verifierRuns';
import { madeRun } from './runs';

describe('the history of runs', () => {
  it('keeps the last runs of each program, host and kernel', () => {
    const history = new RunHistory();
    const runs = [1, 2, 3].map(() => madeRun());
    const elsewhere = madeRun({ host: { id: 'vm', label: 'VM', kernel: '5.10' } });
    const other = madeRun({ program: 'second' });
    history.add([...runs, elsewhere, other]);
    expect(history.prune(2)).toEqual([runs[0]]);
    expect(history.all).toEqual([runs[1], runs[2], elsewhere, other]);
    expect(history.prune(0)).toEqual([runs[1]]);
  });

  it('knows the newest of each and the one before', () => {
    const history = new RunHistory();
    const [a, b] = [madeRun(), madeRun()];
    const vm = madeRun({ host: { id: 'vm', label: 'VM', kernel: '5.10' } });
    const c = madeRun();
    history.add([a, b, vm, c]);
    expect(history.newest).toEqual([c, vm]);
    expect(history.before(c)).toBe(b);
    expect(history.before(vm)).toBe(b);
    expect(history.before(a)).toBeUndefined();
    expect(history.ofProgram(a)).toEqual([c, vm, b, a]);
    expect(history.get(b.id)).toBe(b);
  });

  it('takes a run once and puts an earlier one before', () => {
    const history = new RunHistory();
    const [a, b] = [madeRun(), madeRun()];
    history.add([b]);
    history.add([a, b]);
    expect(history.all).toEqual([a, b]);
  });
});
