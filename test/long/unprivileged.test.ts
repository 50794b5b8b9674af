// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain, VerifierLog } from '../../extension/core/verifierLog';
import { startVm, type Vm } from '../rig/vm';
import { compiled, fixturePath } from '../unit/verifierLog/realLogs';

/** What a user without any capability may not load, where the system lets such users load anything. */
const PROGRAMS = ['back_edge'] as const;

let machine: Vm;
beforeAll(async () => {
  machine = await startVm({ kernel: '6.12' });
  await machine.run('sysctl -w kernel.unprivileged_bpf_disabled=0');
  await machine.run('mkdir /sys/fs/bpf/user && chown 1000 /sys/fs/bpf/user && chmod a+x /sys/fs/bpf');
});
afterAll(() => machine.stop());

test.each(PROGRAMS)('a user without capabilities is told about %s', async program => {
  const object = await compiled(fixturePath(`explain/unprivileged/${program}`), 'v3', path => readFile(path));
  const asUser = { host: machine.userHost };
  await machine.run(`cat > /tmp/${program}.o`, { ...asUser, input: object });
  const said = await machine.run(
    `! bpftool -d prog load /tmp/${program}.o /sys/fs/bpf/user/${program} 2>&1`,
    asUser,
  );
  const log = VerifierLog.parse(said);
  expect(explain(log)?.id, said).toBe(program.replaceAll('_', '-'));
  expect(log.unrecognized.map(line => log.text(line))).toEqual([]);
});
