// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { HostModel } from '../../../extension/ui/model/hostModel';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { ManualClock } from '../../support/clock';
import { type Answers, FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { attachmentInfo, mapInfo, programInfo } from '../core/rows';

const maps = [mapInfo(5, 'sockhash', 'a')];

function answers(): Answers {
  let redirected = 0;
  const zero = { messages: 0, bytes: 0 };
  return {
    status: () => ({ attachments: [attachmentInfo('a', 5, maps)] }),
    maps: () => ({ maps }),
    programs: () => ({ programs: [programInfo(1, 'sock_ops', 'a')] }),
    stats: ({ name }) => {
      redirected += 10;
      return {
        name,
        atMs: redirected * 100,
        redirected: { messages: redirected, bytes: redirected },
        stack: zero,
        reasons: {
          noPeer: zero,
          order: zero,
          backpressure: zero,
          peerGone: zero,
          disabled: zero,
          mapFull: zero,
          policy: zero,
          excluded: zero,
          error: zero,
          stream: zero,
          first: zero,
        },
        sockets: 2,
        paired: 2,
        capacity: 8,
        queuedBytes: 0,
      };
    },
  };
}

const settle = () => new Promise(resolve => setImmediate(resolve));

function setup(table: Answers = answers()) {
  const clock = new ManualClock();
  const host = new FakeHost('h', table);
  const model = new HostModel(host, { clock, logger: silent });
  model.setInterval(2000);
  let changes = 0;
  model.onDidChange(() => changes++);
  const pass = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };
  return { clock, host, model, pass, changes: () => changes };
}

test('asks nothing of a host that is not ready, and nothing while nobody looks', async () => {
  const { host, model, pass } = setup();
  const look = model.demand(['maps', 'stats', 'programs']);
  await pass(10_000);
  expect(host.asked).toEqual([]);
  host.become(READY);
  await pass(100);
  expect(host.count('status')).toBe(1);
  expect(model.snapshot.maps).toEqual(maps);
  look.dispose();
  await pass(60_000);
  expect(host.count('status')).toBe(1);
});

test('reads only what somebody looks at', async () => {
  const { host, model, pass } = setup();
  host.become(READY);
  await pass(100);
  expect(host.asked.map(r => r.method)).toEqual(['status']);
  model.demand(['stats']);
  await pass(100);
  expect(host.count('stats')).toBe(1);
  expect(host.count('maps')).toBe(0);
});

test('gives the interval rate from the second reading on', async () => {
  const { host, model, pass } = setup();
  host.become(READY);
  model.demand(['stats']);
  await pass(100);
  expect(model.snapshot.rates.get('a')?.interval).toBeUndefined();
  await pass(2000);
  expect(model.snapshot.rates.get('a')?.interval).toMatchObject({ redirectedMessages: 10, hitRate: 1 });
});

test('says nothing when nothing changed', async () => {
  const { host, model, pass, changes } = setup();
  host.become(READY);
  model.demand(['maps', 'programs']);
  await pass(100);
  const before = changes();
  await pass(2000);
  await pass(2000);
  expect(host.count('status')).toBe(3);
  expect(changes()).toBe(before);
});

test('a failed round is an error in the snapshot and keeps what was known', async () => {
  let broken = false;
  const table = answers();
  const { host, model, pass } = setup({
    ...table,
    maps: (params, options) => {
      if (broken) {
        throw new Error('the map is gone');
      }
      return table.maps?.(params, options) ?? { maps: [] };
    },
  });
  host.become(READY);
  model.demand(['maps']);
  await pass(100);
  broken = true;
  await pass(2000);
  expect(model.snapshot).toMatchObject({ error: { message: 'the map is gone' }, maps });
  broken = false;
  await pass(2000);
  expect(model.snapshot.error).toBeUndefined();
});

test('forgets everything when the host is lost', async () => {
  const { host, model, pass } = setup();
  host.become(READY);
  model.demand(['maps']);
  await pass(100);
  host.become({ kind: 'idle' });
  expect(model.snapshot).toMatchObject({ loaded: false, attachments: [], maps: [] });
});

test.each([0, 60_000])('a host that comes back is read at once, interval %d', async interval => {
  const { host, model, pass } = setup();
  model.setInterval(interval);
  model.demand([]);
  host.become(READY);
  await pass(100);
  host.become({ kind: 'idle' });
  await pass(1000);
  host.become(READY);
  await pass(100);
  expect(model.snapshot.loaded).toBe(true);
});

test('further work runs in the round, and not after its demand ended', async () => {
  const { host, model, pass } = setup();
  host.become(READY);
  let runs = 0;
  const look = model.demand([], () => {
    runs++;
    return Promise.resolve();
  });
  await pass(100);
  expect(runs).toBe(1);
  look.dispose();
  model.request();
  await pass(100);
  expect(runs).toBe(1);
});

test('models follow the registry, demands reach hosts that come later, and the end leaves no timer', async () => {
  const clock = new ManualClock();
  const registry = new FakeRegistry();
  const models = new HostModels(registry, { clock, logger: silent });
  models.setInterval(1000);
  const look = models.demand(['maps']);
  const [one, two] = [new FakeHost('one', answers()), new FakeHost('two', answers())];
  registry.set([one, two]);
  one.become(READY);
  two.become(READY);
  clock.advance(100);
  await settle();
  expect(models.attachments.map(({ model }) => model.host)).toEqual([one, two]);
  expect(one.count('maps')).toBe(1);
  registry.set([two]);
  expect(models.all).toHaveLength(1);
  clock.advance(5000);
  await settle();
  expect(one.count('maps')).toBe(1);
  expect(two.count('maps')).toBe(2);
  look.dispose();
  expect(clock.pending).toBe(0);
  models.dispose();
});

test('20 times connected and lost leaves as many listeners and timers as once', async () => {
  const { clock, host, model, pass } = setup();
  model.demand(['maps', 'stats']);
  const timers: number[] = [];
  for (let i = 0; i < 20; i++) {
    host.become(READY);
    await pass(100);
    timers.push(clock.pending);
    host.become({ kind: 'idle' });
    await pass(100);
    expect(clock.pending).toBe(0);
  }
  expect(new Set(timers)).toEqual(new Set([1]));
});
