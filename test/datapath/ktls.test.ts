// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { Cleanup } from '../support/cleanup';
import { figure } from '../support/traffic';
import { agent, attachDatapath, NOTHING, traffic } from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const { EPERM, ENOENT } = constants.errno;
const SERVERS = ['ktls', '--count', '10', '--gap', '0.02', '--timeout', '3'];

it('leaves TLS to user space for sockets in the map, and to no others', async () => {
  const plain = await traffic(...SERVERS);
  /* Without CONFIG_TLS there is no such protocol. */
  expect([0, ENOENT]).toContain(figure(plain, 'error'));
  expect(figure(plain, 'on')).toBe(figure(plain, 'error') === 0 ? 10 : 0);

  const datapath = await attachDatapath(cleanup, 'ktls');
  const inside = await traffic(...SERVERS, '--cgroup', datapath.cgroup);
  expect([figure(inside, 'on'), figure(inside, 'error')]).toEqual([0, figure(plain, 'error') || EPERM]);
  const { redirected, stack } = await datapath.stats();
  expect(redirected.messages).toBeGreaterThan(stack.messages);
  expect(await datapath.leftovers()).toEqual(NOTHING);

  const away = await traffic(...SERVERS, '--server-cgroup', datapath.cgroup);
  expect(figure(away, 'on')).toBe(figure(plain, 'on'));
  await agent.detach(datapath.attachment.name);
  const detached = await traffic(...SERVERS, '--cgroup', datapath.cgroup);
  expect(figure(detached, 'on')).toBe(figure(plain, 'on'));
});
