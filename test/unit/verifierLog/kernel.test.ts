// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { LineKind, VerifierLog } from '../../../extension/core/verifierLog';
import { captureLogs, FIXTURES, fixturePath, type RealLog } from './realLogs';

/** C line of a program's mark in rejected.bpf.c: the first one after its name, or the one that names it. */
function markedLines(): Map<string, number> {
  const lines = readFileSync(fixturePath('rejected'), 'utf8').split('\n');
  const marks = new Map<string, number>();
  let program = '';
  lines.forEach((text, i) => {
    program = /^int (\w+)\(/.exec(text)?.[1] ?? program;
    const named = /\/\* rejected: (\w+) \*\//.exec(text)?.[1];
    if (named !== undefined) marks.set(named, i + 1);
    else if (text.includes('/* rejected */')) marks.set(program, i + 1);
  });
  return marks;
}

const countSafe = (log: VerifierLog): number =>
  Array.from({ length: log.lineCount }, (_, i) => log.kind(i)).filter(kind => kind === LineKind.Safe).length;

describe('logs of the running kernel', () => {
  const logs: RealLog[] = [];
  beforeAll(async () => {
    for (const [name, cpu] of FIXTURES) logs.push(...(await captureLogs(name, cpu, [1, 2, 4])));
  }, 60_000);

  it('come from more than 35 programs at three levels', () => {
    expect(new Set(logs.map(log => log.name)).size).toBeGreaterThan(35);
    expect(logs.filter(log => !log.ok).length).toBeGreaterThanOrEqual(3 * 18);
  });

  it('leave no line that is not understood', () => {
    const unknown = logs.flatMap(({ name, level, log }) => {
      const parsed = VerifierLog.parse(log);
      return parsed.unrecognized.map(line => `${name} level ${level}: ${parsed.text(line)}`);
    });
    expect(unknown).toEqual([]);
  });

  it('fail if and only if the kernel refused the program', () => {
    for (const { name, level, ok, log } of logs)
      expect([name, level, VerifierLog.parse(log).failure() === undefined]).toEqual([name, level, ok]);
  });

  it('give the message and the C line of each refused program', () => {
    const marks = markedLines();
    for (const { name, level, ok, log } of logs) {
      if (ok || level === 4) continue;
      const failure = VerifierLog.parse(log).failure();
      expect(log).toContain(failure?.message);
      expect(failure?.insn).toBeTypeOf('number');
      const mark = marks.get(name);
      if (mark !== undefined)
        expect([name, failure?.source?.file, failure?.source?.line]).toEqual([name, 'rejected.bpf.c', mark]);
      else expect([name, failure?.source?.line]).toEqual(['endless', expect.any(Number)]);
    }
  });

  it('count what the verifier counted, and are complete', () => {
    for (const { name, level, log } of logs) {
      const parsed = VerifierLog.parse(log);
      expect([name, parsed.truncation]).toEqual([name, { head: false, tail: false }]);
      expect(parsed.counters.insns).toBeGreaterThan(0);
      if (level === 4) expect(parsed.counters.stackDepth?.length).toBeGreaterThan(0);
      if (level !== 2) continue;
      const visits = parsed.visitsByInsn().reduce((sum, one) => sum + one.visits, 0);
      // The first instruction of a pruned path is counted but not printed.
      const safe = countSafe(parsed);
      const missing = (parsed.counters.insns ?? 0) - visits - safe;
      // An endless loop is told of before its instruction is printed.
      expect([name, missing]).toEqual([name, name === 'endless' ? 1 : 0]);
    }
  });

  it('have a known past for every branch at level 2', () => {
    for (const { name, level, log } of logs) {
      if (level !== 2) continue;
      const parsed = VerifierLog.parse(log);
      for (let index = 0; index < parsed.pathCount; index++) {
        const { firstLine, parentLine } = parsed.path(index);
        const from = /^from (\d+) to/.exec(parsed.text(firstLine))?.[1];
        if (from === undefined || parsed.kind(firstLine) === LineKind.Safe) continue;
        expect([name, parsed.insn(parentLine ?? 0)?.pc]).toEqual([name, Number(from)]);
      }
    }
  });

  it('rebuild the states that the kernel printed behind each instruction', () => {
    let compared = 0;
    for (const { name, level, log } of logs) {
      if (level !== 2) continue;
      const parsed = VerifierLog.parse(log);
      for (let line = 0; line < parsed.lineCount; line++) {
        if (parsed.kind(line) !== LineKind.Insn) continue;
        const printed = /; (?:frame\d+: )?R(\d)=([^ (]+)(?: |$)/.exec(parsed.text(line));
        if (!printed || parsed.kind(line + 1) !== LineKind.Insn) continue;
        const view = parsed.stateAt(line);
        const cell = view.frames[view.frame]?.cells.find(one => one.register === Number(printed[1]));
        expect([name, line, cell?.after]).toEqual([name, line, printed[2]]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('trace the pointer of a failed access back to its helper', () => {
    const real = logs.find(log => log.name === 'null_value' && log.level === 2);
    const parsed = VerifierLog.parse(real?.log ?? '');
    const line = parsed.failure()?.insnLine ?? -1;
    const steps = parsed.slice(line - 1, { register: 0 }).steps;
    expect(parsed.insn(steps[0]?.line ?? -1)?.call?.name).toBe('bpf_map_lookup_elem');
  });
});
