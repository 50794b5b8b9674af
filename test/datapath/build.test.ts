// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { checkout, temporaryFolder } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup } from '../support/cleanup';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

it.each([
  ['clang', 'CLANG=no-such-clang', 'no-such-clang is not installed: apt-get install clang llvm'],
  ['llvm-strip', 'LLVM_STRIP=no-such-strip', 'no-such-strip is not installed: apt-get install llvm'],
  ['the headers', 'EXTRA_CFLAGS=-nostdinc', 'headers are missing: apt-get install libbpf-dev'],
])('says in one sentence what to install without %s, and writes nothing', async (_, variable, sentence) => {
  const folder = await temporaryFolder('build');
  cleanup.add(() => folder.remove());
  const out = join(folder.path, 'out');
  const building = run('make', ['--silent', '-C', join(checkout, 'bpf'), 'all', `OUT=${out}`, variable]);
  await expect(building).rejects.toThrow(sentence);
  await expect(access(out)).rejects.toThrow('ENOENT');
});
