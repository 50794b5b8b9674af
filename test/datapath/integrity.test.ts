// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { checkout, outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { Cleanup, testName } from '../support/cleanup';
import { figure } from '../support/traffic';
import {
  agent,
  attachDatapath,
  createCgroup,
  createNetns,
  LACKS,
  machine,
  NOTHING,
  scaled,
  setConfig,
  startTraffic,
  traffic,
  watchNoSplice,
} from './fixture';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const RUNS = scaled(1000);
/** Each leaves the map after some milliseconds, most with bytes on their way. */
const LEAVING_RUNS = scaled(400);
/** Whose first messages are redirected, because nobody splices. */
const KNOWN_RUNS = scaled(200);
/** Of attach and detach; beside the traffic one takes half a minute where the kernel is emulated. */
const ROUNDS = machine.slowness > 1 ? 2 : 5;
/** Beside so many runs they fit on a quick machine; a slow one does more. */
const FLIPPED_RUNS = scaled(700);
const LIMIT = { timeout: 180_000 * machine.slowness };

const drawSeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** net.ipv4.tcp_fastopen: bytes travel in the SYN, or wait for the connection inside sendto(), as by default. */
const FAST_OPEN = { served: 3, refused: 1 };

/** Arguments for random runs in a namespace of their own. */
async function session(runs: number, cgroup: string, fastOpen = FAST_OPEN.refused): Promise<string[]> {
  const netns = await createNetns(cleanup, 'integrity');
  await netns.exec('sysctl', '-qw', `net.ipv4.tcp_fastopen=${String(fastOpen)}`);
  const seed = drawSeed();
  process.stdout.write(`integrity: ${String(runs)} runs from --seed ${String(seed)}\n`);
  return [
    ...['integrity', '--seed', String(seed), '--runs', String(runs)],
    ...['--cgroup', cgroup, '--netns', netns.path],
    ...(LACKS.has('splices') ? ['--no-splice'] : []),
  ];
}

it(`is what plain TCP is to ${String(RUNS)} random connections`, LIMIT, async () => {
  const datapath = await attachDatapath(cleanup, 'integrity');
  const result = await traffic(...(await session(RUNS, datapath.cgroup, FAST_OPEN.served)));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  expect(figure(result, 'runs')).toBe(RUNS);
  expect(figure(result, 'dataInSyn')).toBeGreaterThan(0.05 * RUNS);
  const { redirected, stack, reasons } = await datapath.stats();
  /* Each begins in the stack, and some never leave it, because their reader splices. */
  expect(redirected.bytes).toBeGreaterThan(0.1 * (redirected.bytes + stack.bytes));
  /* Every way back and forth between redirection and the stack was taken. */
  for (const reason of ['order', 'backpressure', 'peerGone', 'excluded'] as const)
    expect(reasons[reason].messages, reason).toBeGreaterThan(0);
  expect(reasons.error.messages).toBe(0);
  expect(await datapath.leftovers()).toEqual(NOTHING);
});

it(`is what plain TCP is to ${String(KNOWN_RUNS)} connections to known readers`, LIMIT, async () => {
  const datapath = await attachDatapath(cleanup, 'known');
  await watchNoSplice(datapath);
  const result = await traffic(...(await session(KNOWN_RUNS, datapath.cgroup)), '--no-splice');
  expect(figure(result, 'runs')).toBe(KNOWN_RUNS);
  const { redirected, stack, reasons } = await datapath.stats();
  expect(redirected.bytes).toBeGreaterThan(0.3 * (redirected.bytes + stack.bytes));
  expect(reasons.first.messages).toBe(0);
  expect(await datapath.leftovers()).toEqual(NOTHING);
});

it(
  `is what plain TCP is to ${String(LEAVING_RUNS)} connections that leave the map as soon as they may`,
  LIMIT,
  async () => {
    const datapath = await attachDatapath(cleanup, 'leave');
    await setConfig(datapath, { queueLimit: 64 * 1024, streamMs: 0.2 * machine.slowness });
    const result = await traffic(...(await session(LEAVING_RUNS, datapath.cgroup)));
    process.stdout.write(`${JSON.stringify(result)}\n`);
    expect(figure(result, 'runs')).toBe(LEAVING_RUNS);
    const { redirected, reasons } = await datapath.stats();
    expect(redirected.bytes).toBeGreaterThan(0);
    expect(reasons.stream.messages).toBeGreaterThan(0.02 * LEAVING_RUNS);
    expect(await datapath.leftovers()).toEqual(NOTHING);
  },
);

it('is what plain TCP is while it is attached and detached in the middle of traffic', LIMIT, async () => {
  const cgroup = await createCgroup('flip');
  cleanup.add(() => cgroup.remove());
  const progress = { rounds: 0, ended: false };
  const connect = async (): Promise<void> => {
    do {
      const running = await startTraffic(await session(FLIPPED_RUNS, cgroup.path));
      cleanup.add(() => running.stop());
      expect(figure(await running.done(), 'runs')).toBe(FLIPPED_RUNS);
    } while (progress.rounds < ROUNDS);
  };
  const connecting = connect().finally(() => (progress.ended = true));
  connecting.catch(() => undefined);
  let redirected = 0;
  for (; !progress.ended; progress.rounds++) {
    const name = testName('flip');
    await agent.attach({ cgroup: cgroup.path, name });
    await delay(100 * machine.slowness);
    redirected += (await agent.stats(name)).redirected.messages;
    expect(await agent.detach(name, 30)).toMatchObject({ removed: true, remaining: [], lostBytes: 0 });
  }
  await connecting;
  expect(progress.rounds).toBeGreaterThanOrEqual(ROUNDS);
  expect(redirected).toBeGreaterThan(scaled(1000));
});

it('would be told from the published recipe', LIMIT, async () => {
  await run('make', ['--silent', '-C', `${checkout}/test/bench`, outPath('bench', 'recipe.bpf.o')]);
  const recipe = await attachDatapath(cleanup, 'recipe', { object: outPath('bench', 'recipe.bpf.o') });
  const differing = traffic(...(await session(200, recipe.cgroup)), '--no-splice');
  /* Runs that differ, of which one may not even end. */
  await expect(differing).rejects.toThrow(/"event":"difference","test":"integrity","seed"/);
});
