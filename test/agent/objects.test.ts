// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../rig/checkout';
import { Cleanup } from '../support/cleanup';
import {
  builds,
  createAgent,
  createTestCgroup,
  datapathObject,
  fixtureObject,
  kernelObjects,
  type TestAgent,
} from './fixture';

describe.each(builds)('objects (%s build)', build => {
  const cleanup = new Cleanup();
  let agent: TestAgent;
  let cgroup: string;
  let folder: string;

  beforeEach(async () => {
    agent = await createAgent(cleanup, build);
    cgroup = await createTestCgroup(cleanup, 'objects');
    const temporary = await temporaryFolder('objects');
    cleanup.add(() => temporary.remove());
    folder = temporary.path;
  });
  afterEach(() => cleanup.run());

  const refuse = (object: string): ReturnType<TestAgent['failure']> =>
    agent.failure('attach', '--object', object, '--cgroup', cgroup, '--name', 'bad');

  it('verifies each program of the datapath and loads nothing for good', async () => {
    const before = await kernelObjects('prog');
    const { object, programs } = await agent.json('verify', 'verify', datapathObject);
    expect(object).toBe('sockmap.bpf.o');
    expect(programs.map(({ type }) => type)).toEqual(expect.arrayContaining(['sock_ops', 'sk_msg']));
    for (const program of programs) {
      expect(program).toMatchObject({ ok: true, error: null });
      expect(program.insns).toBeGreaterThan(0);
      expect(program.insnsProcessed).toBeGreaterThan(0);
      expect(program.log).toContain(`processed ${program.insnsProcessed ?? 0} insns`);
    }
    /* The kernel frees them a moment later. */
    await expect
      .poll(async () => (await kernelObjects('prog')).length)
      .toBeLessThanOrEqual(before.length + 2);
    expect(await agent.folders()).toEqual([]);
  });

  it('gives whole logs, however long they are, of verify and of attach', async () => {
    const object = await fixtureObject('long_log');
    const [verified] = (await agent.json('verify', 'verify', object)).programs;
    const refused = await refuse(object);
    expect(verified?.ok).toBe(false);
    expect(refused.data.kind).toBe('verifierRejected');
    for (const log of [verified?.log ?? '', refused.data.log ?? '']) {
      expect(log.length).toBeGreaterThan(16 << 20);
      // Of what does not fit a kernel keeps the end, before 6.4 the beginning.
      expect(log.slice(0, 400)).toMatch(/^0: R1=ctx/m);
      expect(log.slice(-400)).toMatch(/^processed \d+ insns/m);
    }
  });

  it('says what the verifier said about each program, one by one', async () => {
    const object = await fixtureObject('rejected');
    const { programs } = await agent.json('verify', 'verify', object);
    expect(programs.map(({ name, ok }) => [name, ok])).toEqual([
      ['good', true],
      ['unchecked_lookup', false],
      ['past_the_end', false],
    ]);
    expect(programs[1]?.error).toMatch(/map_value_or_null/);
    expect(programs[2]?.error).toMatch(/outside of the packet|invalid access to packet/);
    expect(programs[1]?.log).toContain('R1');

    const one = await agent.json('verify', 'verify', object, '--prog', 'good', '--log-level', '4');
    expect(one.programs.length).toBe(1);
    expect(one.programs[0]?.log.split('\n').length).toBeLessThan(8);
    expect((await agent.run('verify', object)).code).toBe(7);
    const none = await agent.failure('verify', object, '--prog', 'absent');
    expect(none.data).toMatchObject({
      kind: 'notFound',
      choices: ['good', 'unchecked_lookup', 'past_the_end'],
    });
  });

  it('never cuts a log off, however long', async () => {
    const { programs } = await agent.json(
      ...(['verify', 'verify', await fixtureObject('slow'), '--log-level', '2'] as const),
    );
    expect(programs[0]?.ok).toBe(false);
    expect(programs[0]?.error).toContain('too complex');
    expect(programs[0]?.log.length).toBeGreaterThan(1 << 20);
    expect(programs[0]?.log).toContain('0: R1=ctx');
    expect(programs[0]?.log).toMatch(/processed \d+ insns[^\n]*\n$/);
  });

  it('ends within moments when it is interrupted in the verifier', async () => {
    const child = agent.spawn(['verify', await fixtureObject('slow'), '--log-level', '2']);
    const ended = once(child, 'exit');
    await once(child.stderr ?? child, 'data');
    const before = performance.now();
    child.kill('SIGINT');
    expect(await ended).toEqual([14, null]);
    expect(performance.now() - before).toBeLessThan(700);
  });

  it('explains a field that the kernel does not have', async () => {
    const object = await fixtureObject('relocation');
    const { programs } = await agent.json('verify', 'verify', object);
    expect(programs[0]?.error).toContain('struct sock.sk_field_of_no_kernel');
    const failure = await refuse(object);
    expect(failure.data).toMatchObject({ kind: 'verifierRejected', program: 'reads_missing_field' });
    expect(failure.message).toContain('sk_field_of_no_kernel');
  });

  it('attaches nothing of an object of which one program is refused', async () => {
    const failure = await refuse(await fixtureObject('rejected'));
    expect(failure).toMatchObject({
      exit: 7,
      data: { kind: 'verifierRejected', program: 'unchecked_lookup' },
    });
    expect(failure.message).toMatch(/^The verifier rejected unchecked_lookup: .*map_value_or_null/);
    expect(failure.data.log).toContain('processed');
    expect(await agent.folders()).toEqual([]);
  });

  it.each([
    ['nothing', 'nothing.bpf.o holds no BPF program'],
    ['no_sockmap', 'homeless needs a sockmap and the object has none'],
  ])('refuses %s', async (name, message) => {
    const failure = await refuse(await fixtureObject(name));
    expect(failure).toMatchObject({ exit: 6, data: { kind: 'badObject' }, message });
    expect(failure.data.action).toBeDefined();
    expect(await agent.folders()).toEqual([]);
  });

  it('tells what a file is that is no BPF object', async () => {
    const text = join(folder, 'text.o');
    await writeFile(text, 'SEC("sockops")');
    expect((await refuse(text)).message).toBe('text.o is not an ELF file');
    const empty = join(folder, 'empty.o');
    await writeFile(empty, '');
    expect((await refuse(empty)).message).toBe('empty.o is not an ELF file');
    const native = join(folder, 'native');
    await copyFile('/bin/true', native);
    expect((await refuse(native)).message).toBe(
      'native is an ELF file for another machine, not a BPF object',
    );
    expect((await refuse(join(folder, 'absent.o'))).message).toContain('No such file or directory');
    expect((await refuse(folder)).message).toContain('Is a directory');
    for (const failure of [await refuse(text), await refuse(native)]) {
      expect(failure.data.kind).toBe('badObject');
    }
  });

  it('survives objects that are cut off or damaged anywhere', async () => {
    const whole = await readFile(await fixtureObject('foreign'));
    const damaged = join(folder, 'damaged.o');
    let refused = 0;
    for (let turn = 0; turn < 60; turn++) {
      const bytes = Buffer.from(whole);
      for (let i = 0; i < 1 + (turn % 5); i++) {
        const at = (turn * 7919 + i * 104729) % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << ((turn + i) % 8));
      }
      await writeFile(damaged, bytes);
      if (turn % 3 === 0) await truncate(damaged, Math.floor((bytes.length * turn) / 60));
      const { code, signal, stderr } = await agent.run('verify', damaged, '--json');
      /* libelf and libbpf read these bytes; a sanitizer's finding would be 98 or 99. */
      expect([code, signal, stderr].join(' ')).toMatch(/^(0|1|6|7|11)  /);
      refused += code === 0 ? 0 : 1;
    }
    expect(refused).toBeGreaterThan(20);
  });
});
