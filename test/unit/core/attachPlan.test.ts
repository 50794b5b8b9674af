// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  NAME_LIMIT,
  baseName,
  beyondCut,
  cgroupItems,
  checkName,
  defaultName,
  objectName,
  programOfFile,
} from '../../../extension/core/attachPlan';

test('files are sources, objects, or nothing to attach', () => {
  expect(programOfFile('/w/a.bpf.c')).toEqual({ kind: 'source', path: '/w/a.bpf.c' });
  expect(programOfFile('/w/a.o')).toEqual({ kind: 'object', path: '/w/a.o' });
  expect(programOfFile('/w/a.c')).toBeUndefined();
  expect(objectName('/w/a.bpf.c')).toBe('a.bpf.o');
  expect(baseName('C:\\w\\a.bpf.c')).toBe('a.bpf.c');
});

test('the default name comes from the file and is free', () => {
  expect(defaultName({ kind: 'builtin' }, [])).toBe('sockmap');
  expect(defaultName({ kind: 'builtin' }, ['sockmap', 'sockmap-2'])).toBe('sockmap-3');
  expect(defaultName({ kind: 'source', path: '/w/my dp.bpf.c' }, [])).toBe('my-dp');
  expect(defaultName({ kind: 'object', path: '/w/...o' }, [])).toBe('sockmap');
});

test('every default name passes its own check, whatever the file is called and what is taken', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (stem, others) => {
      const program = { kind: 'source', path: `/w/${stem}.bpf.c` } as const;
      const first = defaultName(program, []);
      const taken = [...others, first];
      expect(checkName(defaultName(program, taken), taken)).toBeUndefined();
    }),
  );
});

test.each([
  ['', 'empty'],
  ['a/b', 'characters'],
  ['..', 'characters'],
  ['-x', 'characters'],
  ['a'.repeat(NAME_LIMIT + 1), 'long'],
  ['used', 'taken'],
  ['fine_1-x', undefined],
])('name %j: %s', (name, fault) => {
  expect(checkName(name, ['used'])).toBe(fault);
});

const listed = [
  { path: '/', processes: 9 },
  { path: '/a', processes: 1 },
  { path: '/b', processes: 0 },
];

test('the cgroup of the settings leads, then the last one; a typed path that is not listed can be taken', () => {
  expect(cgroupItems(listed, '', ['/b']).map(c => c.path)).toEqual(['/b', '/', '/a']);
  expect(cgroupItems(listed, '', ['/gone', undefined]).map(c => c.path)).toEqual(['/', '/a', '/b']);
  expect(cgroupItems(listed, '', ['/b', '/a']).map(c => c.path)).toEqual(['/b', '/a', '/']);
  expect(cgroupItems(listed, '', ['/a', '/a']).map(c => c.path)).toEqual(['/a', '/', '/b']);
  expect(cgroupItems(listed, ' /c ', [])[0]).toEqual({
    path: '/c',
    processes: undefined,
    typed: true,
  });
  expect(cgroupItems(listed, '/a', [])).toHaveLength(3);
  expect(cgroupItems(listed, 'a', [])).toHaveLength(3);
});

test('of those that lead, what a list does not have may be beyond its end', () => {
  expect(beyondCut(listed, ['/x', '/a', undefined, '', '/y', '/x'])).toEqual(['/x', '/y']);
});
