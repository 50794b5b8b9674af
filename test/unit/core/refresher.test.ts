// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { Refresher } from '../../../extension/core/refresher';
import { ManualClock } from '../../support/clock';

function setup() {
  const clock = new ManualClock();
  const rounds: (() => void)[] = [];
  const errors: unknown[] = [];
  const refresher = new Refresher({
    clock,
    run: () => new Promise<void>(resolve => rounds.push(resolve)),
    onError: error => errors.push(error),
  });
  /** Ends the running round and lets what follows it happen. */
  const finish = async () => {
    rounds.at(-1)?.();
    await new Promise(resolve => setImmediate(resolve));
  };
  return { clock, rounds, errors, refresher, finish };
}

test('reads at once when somebody looks, then at each interval after the end of a round', async () => {
  const { clock, rounds, refresher, finish } = setup();
  refresher.setInterval(2000);
  clock.advance(60_000);
  expect(rounds).toHaveLength(0);
  refresher.setActive(true);
  clock.advance(50);
  expect(rounds).toHaveLength(1);
  clock.advance(10_000);
  expect(rounds).toHaveLength(1);
  await finish();
  clock.advance(1999);
  expect(rounds).toHaveLength(1);
  clock.advance(1);
  expect(rounds).toHaveLength(2);
});

test('nobody looking, and interval 0, leave no timer', async () => {
  const { clock, rounds, refresher, finish } = setup();
  refresher.setInterval(2000);
  refresher.setActive(true);
  clock.advance(50);
  await finish();
  refresher.setActive(false);
  expect(clock.pending).toBe(0);
  refresher.setActive(true);
  refresher.setInterval(0);
  expect(clock.pending).toBe(0);
  refresher.request();
  clock.advance(50);
  expect(rounds).toHaveLength(2);
});

test('requests are gathered, and one during a round is one round after it', async () => {
  const { clock, rounds, refresher, finish } = setup();
  refresher.request();
  clock.advance(30);
  refresher.request();
  clock.advance(49);
  expect(rounds).toHaveLength(0);
  clock.advance(1);
  expect(rounds).toHaveLength(1);
  refresher.request();
  refresher.request();
  await finish();
  clock.advance(50);
  expect(rounds).toHaveLength(2);
  await finish();
  clock.advance(1000);
  expect(rounds).toHaveLength(2);
});

test.each<[string, boolean, (refresher: Refresher) => void]>([
  ['somebody looks again', false, refresher => refresher.setActive(true)],
  ['nobody looks any more', true, refresher => refresher.setActive(false)],
  ['the interval changes', true, refresher => refresher.setInterval(60_000)],
])('a request is kept when meanwhile %s', async (_what, active, change) => {
  const { clock, rounds, refresher, finish } = setup();
  refresher.setActive(true);
  clock.advance(50);
  await finish();
  refresher.setActive(active);
  refresher.request();
  change(refresher);
  clock.advance(50);
  expect(rounds).toHaveLength(2);
});

test('runNow during a round waits for one that starts after it', async () => {
  const { rounds, refresher, finish } = setup();
  const first = refresher.runNow();
  let done = false;
  const second = refresher.runNow().then(() => (done = true));
  await finish();
  await first;
  expect(rounds).toHaveLength(2);
  expect(done).toBe(false);
  await finish();
  await second;
  expect(done).toBe(true);
});

test('a round that fails is told and does not end the rounds', async () => {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const refresher = new Refresher({
    clock,
    run: () => Promise.reject(new Error('down')),
    onError: error => errors.push(error),
  });
  refresher.setInterval(1000);
  refresher.setActive(true);
  clock.advance(50);
  await new Promise(resolve => setImmediate(resolve));
  expect(errors).toHaveLength(1);
  clock.advance(1000);
  await new Promise(resolve => setImmediate(resolve));
  expect(errors).toHaveLength(2);
});

test('after the end nothing runs', async () => {
  const { clock, rounds, refresher, finish } = setup();
  refresher.setInterval(10);
  refresher.setActive(true);
  clock.advance(50);
  refresher.dispose();
  await finish();
  refresher.request();
  await refresher.runNow();
  clock.advance(1000);
  expect(rounds).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
