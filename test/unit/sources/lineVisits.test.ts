// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { visitsOf } from '../../../extension/core/sources/lineVisits';
import { type VerifierRun, withSources } from '../../../extension/core/verifierRuns';
import { verdictsOn } from '../../../extension/core/verifierRuns/verdicts';
import { captureLogs, fixturePath } from '../verifierLog/realLogs';
import { madeRun, readWhole } from '../verifierRuns/runs';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('visits of the lines of a file', () => {
  const path = fixturePath('accepted');
  const runs: VerifierRun[] = [];
  let text = '';
  const now = (changed: string) => visitsOf(runs, { path, text: changed, sha256: sha256(changed) });

  beforeAll(async () => {
    text = await readFile(path, 'utf8');
    const sources = [{ path, sha256: sha256(text) }];
    for (const log of await captureLogs('accepted', 'v2', [2])) {
      const context = {
        id: `run-${log.name.replaceAll('_', '-')}`,
        at: new Date().toISOString(),
        host: { id: 'local', label: 'Local', kernel: '6.18' },
        object: 'accepted.bpf.o',
        target: path,
        logLevel: 2,
      };
      runs.push(withSources(await readWhole(context, { ...log, error: null }), sources));
    }
  }, 60_000);

  it('are those that the log has, on the line that it names', () => {
    const visits = now(text);
    expect(visits).toMatchObject({ stale: false, exact: true });
    const lines = text.split('\n');
    const wanted = runs.flatMap(run => run.visits).filter(({ line }) => line !== undefined);
    expect(wanted.length).toBeGreaterThan(30);
    const own = wanted.filter(({ file }) => file === undefined || path.endsWith(file));
    for (const { line } of own)
      expect(visits?.lines.some(found => found.line === (line ?? 0) - 1)).toBe(true);
    for (const { line, programs } of visits?.lines ?? [])
      expect(
        runs.some(
          run => run.program === programs[0]?.program && run.visits.some(v => v.text === lines[line]?.trim()),
        ),
      ).toBe(true);
    const sum = own.reduce((total, { visits: count }) => total + count, 0);
    expect(visits?.lines.reduce((total, { visits: count }) => total + count, 0)).toBe(sum);
  });

  it('follow their line through edits; a line that was changed or has a double has none', () => {
    const before = now(text)?.lines ?? [];
    const lines = text.split('\n');
    const unique = before.filter(({ line }) => {
      const wanted = lines[line]?.trim().replace(/\s+/g, ' ');
      return lines.filter(other => other.trim().replace(/\s+/g, ' ') === wanted).length === 1;
    });
    expect(unique.length).toBeGreaterThan(10);
    const shifted = now(`/* one */\n/* two */\n${text}`);
    expect(shifted?.stale).toBe(true);
    for (const { line, visits } of unique)
      expect(shifted?.lines).toContainEqual(expect.objectContaining({ line: line + 2, visits }));
    const gone = unique[0]?.line ?? 0;
    const changed = now(
      [...lines.slice(0, gone), '\tsomething_else();', ...lines.slice(gone + 1)].join('\n'),
    );
    expect(changed?.lines.some(({ line }) => line === gone)).toBe(false);
    const doubled = now(`${lines[gone] ?? ''}\n${text}`);
    expect(doubled?.lines.some(({ line }) => line === 0 || line === gone + 1)).toBe(false);
  });

  it('are those of the host that was asked last', () => {
    const visits = [{ text: 'x();', line: 1, visits: 3 }];
    const sources = [{ path: '/w/a.bpf.c', sha256: sha256('x();\n') }];
    const old = madeRun({ visits, sources, host: { id: 'old', label: 'Old', kernel: '5.10' } });
    const first = madeRun({ visits, sources, allVisits: false });
    const second = madeRun({ visits, sources, program: 'second' });
    const file = { path: '/w/a.bpf.c', text: 'x();\n', sha256: sha256('x();\n') };
    expect(visitsOf([second, first, old], file)).toMatchObject({
      exact: false,
      lines: [{ line: 0, visits: 6, programs: [{ program: 'second' }, { program: 'first' }] }],
    });
    expect(visitsOf([old], { ...file, path: '/w/other.c' })).toBeUndefined();
  });
});

describe('verdicts on a program of a file', () => {
  it('are the last of each host and kernel, and say when the file has changed since', () => {
    const host = { id: 'vm', label: 'VM', kernel: '5.10.1' };
    const refused = madeRun({ host, ok: false, sources: [{ path: '/w/a.bpf.c', sha256: 'old' }] });
    const object = madeRun({ target: '/w/a.bpf.o' });
    const source = madeRun();
    const other = madeRun({ program: 'second' });
    const file = { path: '/w/a.bpf.c', sha256: 'aa' };
    expect(verdictsOn([other, source, object, refused], file, 'first')).toEqual([
      { run: source, stale: false },
      { run: refused, stale: true },
    ]);
    expect(verdictsOn([source], { ...file, path: '/w/b.bpf.c' }, 'first')).toEqual([]);
  });
});
