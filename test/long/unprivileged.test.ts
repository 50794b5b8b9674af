// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain, VerifierLog } from '../../extension/core/verifierLog';
import { run } from '../../extension/host/process';
import { startVm, type Vm } from '../rig/vm';
import { compiled, fixturePath } from '../unit/verifierLog/realLogs';

/** What a user without any capability may not load, where the system lets such users load anything. */
const PROGRAMS = ['back_edge'] as const;

let machine: Vm;
beforeAll(async () => {
  machine = await startVm({ kernel: '6.12' });
  await on(machine.host, 'sysctl -w kernel.unprivileged_bpf_disabled=0');
  await on(machine.host, 'mkdir /sys/fs/bpf/user && chown 1000 /sys/fs/bpf/user && chmod a+x /sys/fs/bpf');
});
afterAll(() => machine.stop());

/** What a command on the host prints, wherever to. */
async function on(host: string, command: string, input?: Uint8Array): Promise<string> {
  const result = await run({
    command: 'ssh',
    args: ['-T', '-F', machine.sshConfig, host, `{ ${command}; } 2>&1`],
    ...(input === undefined ? {} : { input }),
  });
  return result.stdout.toString();
}

test.each(PROGRAMS)('a user without capabilities is told about %s', async program => {
  const object = await compiled(fixturePath(`explain/unprivileged/${program}`), 'v3', path => readFile(path));
  await on(machine.userHost, `cat > /tmp/${program}.o`, object);
  const said = await on(
    machine.userHost,
    `bpftool -d prog load /tmp/${program}.o /sys/fs/bpf/user/${program}`,
  );
  const log = VerifierLog.parse(said);
  expect(explain(log)?.id, said).toBe(program.replaceAll('_', '-'));
  expect(log.unrecognized.map(line => log.text(line))).toEqual([]);
});
