// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import type { Attachment } from '../../extension/protocol/agent';
import { Cleanup } from '../support/cleanup';
import { figure } from '../support/traffic';
import { attachDatapath, LACKS, machine, NOTHING, traffic, watchNoSplice } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const ANSWERS = 20 * 8;
const READERS = ['splice', '--count', '20', '--message', '1000', '--bytes', '8000', '--timeout', '3'];

const marker = ({ programs }: Attachment): string | undefined =>
  programs.map(({ name }) => name).find(name => name.startsWith('sma_splice'));

if (LACKS.has('splices')) {
  it('warns that readers which splice() wait forever, as they do', async () => {
    const { attachment, cgroup } = await attachDatapath(cleanup, 'splice');
    expect(marker(attachment)).toBeUndefined();
    expect(attachment.warnings.join()).toContain('read with splice()');
    await expect(traffic(...READERS, '--cgroup', cgroup)).rejects.toThrow('Connection timed out');
  });
} else {
  it('sends nothing past the stack to readers that splice()', async () => {
    const datapath = await attachDatapath(cleanup, 'splice');
    const result = await traffic(...READERS, '--cgroup', datapath.cgroup);
    expect(figure(result, 'answers')).toBe(ANSWERS);
    const { redirected, reasons } = await datapath.stats();
    expect(redirected.messages).toBe(0);
    /* One reader of a kind is enough. */
    expect(reasons.first.messages).toBeLessThanOrEqual(2);
    expect(reasons.excluded.messages).toBeGreaterThanOrEqual(2 * ANSWERS - 4);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  });

  it('finds out anew whether they do when another program listens at their port', async () => {
    const datapath = await attachDatapath(cleanup, 'again');
    const place = ['--listen', '127.0.0.1:15007', '--cgroup', datapath.cgroup];
    await traffic(...READERS, ...place);
    const before = await datapath.stats();
    await traffic('pairs', '--count', '20', '--bytes', '20000', ...place);
    const after = await datapath.stats();
    expect(after.redirected.bytes).toBeGreaterThanOrEqual(0.75 * 2 * 20 * 20_000);
    expect(after.reasons.excluded.messages).toBe(before.reasons.excluded.messages);
    await traffic(...READERS, ...place);
  });

  it('would be waited for in vain without the program that marks them', async () => {
    const datapath = await attachDatapath(cleanup, 'unseen');
    await watchNoSplice(datapath);
    const readers = traffic(...READERS, '--cgroup', datapath.cgroup);
    await expect(readers).rejects.toThrow('Connection timed out');
  });

  it('sends nothing past the stack to readers that begin to splice()', async () => {
    const { attachment, cgroup } = await attachDatapath(cleanup, 'late');
    expect(marker(attachment)).toMatch(/^sma_spliced?$/);
    expect(attachment.warnings.join()).not.toContain('splice()');
    const result = await traffic(
      ...READERS,
      '--late',
      '--gap',
      String(0.05 * machine.slowness),
      '--cgroup',
      cgroup,
    );
    expect(figure(result, 'answers')).toBe(ANSWERS);
  });

  if (!LACKS.has('answers'))
    it('warns where they are not recognized beside edge readers', async () => {
      const { attachment } = await attachDatapath(cleanup, 'gated', { edgeReaders: true });
      const warned = attachment.warnings.join().includes('this attachment does not recognize them');
      expect(warned).toBe(marker(attachment) === undefined);
    });
}
