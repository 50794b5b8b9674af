// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { saveInputs } from '../../../extension/ui/commands/savedFiles';
import { reportOf } from '../../../extension/ui/errors';
import { Uri, workspace } from '../../support/vscode';

let folder: string;
const source = () => join(folder, 'a.bpf.c');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sockmap-inputs-'));
  await mkdir(join(folder, 'include'));
  await mkdir(join(folder, 'own'));
  await writeFile(source(), '#include "near.h"\n');
  await writeFile(join(folder, 'near.h'), '#include <far.h>\n');
  await writeFile(join(folder, 'include', 'far.h'), '');
  await writeFile(join(folder, 'own', 'flagged.h'), '');
  await writeFile(join(folder, 'other.bpf.c'), '');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

/** Opens files with changes; gives the names of those that were saved. */
function edit(texts: Record<string, string>, saves = true): string[] {
  const saved: string[] = [];
  const documents = Object.entries(texts).map(([name, text]) => ({
    uri: Uri.file(join(folder, name)),
    isDirty: true,
    getText: () => text,
    save: () => {
      saved.push(name);
      return Promise.resolve(saves);
    },
  }));
  vi.spyOn(workspace, 'textDocuments', 'get').mockReturnValue(documents);
  return saved;
}

const build = () =>
  saveInputs(source(), {
    includeDirs: [join(folder, 'include')],
    flags: [`-I${join(folder, 'own')}`, '-I', 'relative', '-I'],
  });

test('a build saves what it reads, also what a header includes, and nothing else', async () => {
  const saved = edit({ 'include/far.h': '', 'other.bpf.c': '' });
  await build();
  expect(saved).toEqual(['include/far.h']);
});

test('what is typed in the source counts before it is saved', async () => {
  const saved = edit({ 'a.bpf.c': '#include <flagged.h>\n', 'own/flagged.h': '', 'near.h': '' });
  await build();
  expect(saved).toEqual(['a.bpf.c', 'own/flagged.h']);
});

test('a file that cannot be saved stops the build, with a way to try again', async () => {
  edit({ 'near.h': '' }, false);
  const error: unknown = await build().catch((reason: unknown) => reason);
  const { message, actions } = reportOf(error);
  expect(message).toBe('near.h could not be saved: its old text would be used. Save it, then try again.');
  expect(actions[0]).toMatchObject({ kind: 'retry' });
});
