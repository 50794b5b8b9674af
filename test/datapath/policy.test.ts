// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatsResult } from '../../extension/protocol/agent';
import { temporaryFolder, type TemporaryFolder } from '../rig/checkout';
import { Cleanup, eventually } from '../support/cleanup';
import { type TestNetns } from '../support/netns';
import { figure } from '../support/traffic';
import {
  agent,
  attachDatapath,
  createNetns,
  type Datapath,
  machine,
  NOTHING,
  runAgent,
  startTraffic,
  traffic,
} from './fixture';

const COUNT = 5;
const BYTES = 20_000;
const KMESH_ACCEPT = 'chain --ip 192.168.1.0/24 --uid-owner 1337 --j ACCEPT\n';
const KMESH = `# Kmesh's example\n${KMESH_ACCEPT}chain --port 15006 -j RETURN\n`;

const cleanup = new Cleanup();
let datapath: Datapath;
let netns: TestNetns;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder('policy');
  cleanup.add(() => folder.remove());
  netns = await createNetns(cleanup, 'policy');
  for (const address of ['192.168.1.5/24', '192.168.2.5/24', 'fd00::5/64']) {
    await netns.exec(
      'ip',
      'address',
      'add',
      address,
      'dev',
      'lo',
      ...(address.includes(':') ? ['nodad'] : []),
    );
  }
  await netns.exec('ip', 'route', 'add', '10.77.0.0/24', 'dev', 'lo');
  const nat = 'OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 15001';
  await netns.exec('iptables', '-t', 'nat', '-A', ...nat.split(' '));
  datapath = await attachDatapath(cleanup, 'policy');
});
afterAll(() => cleanup.run());

const name = () => datapath.attachment.name;

async function setPolicy(text: string): Promise<number> {
  const file = join(folder.path, 'policy');
  await writeFile(file, text);
  return (await agent.policySet(name(), file)).rules.length;
}

/** What was counted since. */
function since(before: StatsResult, after: StatsResult) {
  return {
    redirected: after.redirected.bytes - before.redirected.bytes,
    policy: after.reasons.policy.messages - before.reasons.policy.messages,
    noPeer: after.reasons.noPeer.messages - before.reasons.noPeer.messages,
  };
}

const inCgroup = () => ['--cgroup', datapath.cgroup];
const options = (args: string): string[] => args.split(' ').filter(word => word !== '');

/** Connections to an echo server in the namespace. */
async function exchange(args: string, where = inCgroup()) {
  const before = await datapath.stats();
  await traffic(
    ...['pairs', '--count', String(COUNT), '--bytes', String(BYTES), '--netns', netns.path],
    ...where,
    ...options(args),
  );
  return since(before, await datapath.stats());
}

async function expectAccelerated(accelerated: boolean, args: string): Promise<void> {
  const { redirected, policy } = await exchange(args);
  if (accelerated) {
    expect(policy).toBe(0);
    expect(redirected).toBeGreaterThan(COUNT * BYTES);
  } else {
    expect(redirected).toBe(0);
    /* Once for each connection, and the messages of a client that learnt it from the server's end. */
    expect(policy).toBeGreaterThanOrEqual(COUNT);
  }
}

const at = (address: string) => `--listen ${address} --connect ${address}`;
const FOUR = at('192.168.1.5:18080');
const SIX = at('[fd00::5]:18080');
const REDIRECTED = '--listen 0.0.0.0:15001 --connect 10.77.0.9:80';

describe.each<[string, string, [string, boolean][]]>([
  [
    "Kmesh's first line",
    KMESH_ACCEPT,
    [
      [`${FOUR} --client-uid 1337`, true],
      [`${FOUR} --server-uid 1337`, true],
      [FOUR, false],
      [`${at('192.168.2.5:18080')} --client-uid 1337`, false],
    ],
  ],
  [
    "Kmesh's two lines",
    KMESH,
    [
      [`${FOUR} --client-uid 1337`, true],
      [`${at('192.168.1.5:15006')} --client-uid 1337`, false],
      [FOUR, false],
    ],
  ],
  ['no policy', '', [[FOUR, true]]],
  ['a policy of comments', '# nothing\n\n', [[FOUR, true]]],
  [
    'RETURN for a network',
    'chain --ip 192.168.1.0/24 -j RETURN',
    [
      [FOUR, false],
      [at('192.168.2.5:18080'), true],
      [SIX, true],
      ['--family mapped --connect 192.168.1.5:0', false],
      ['--family mapped6 --connect [::ffff:192.168.1.5]:0', false],
      ['--family mapped6', true],
    ],
  ],
  [
    'RETURN for one address',
    'chain --ip 192.168.1.5 -j RETURN',
    [
      [FOUR, false],
      [at('192.168.1.5:18081'), false],
    ],
  ],
  [
    'an address within a network within all of IPv4',
    'chain --ip 0.0.0.0/0 -j ACCEPT\nchain --ip 192.168.0.0/16 --port 1 -j ACCEPT\nchain --ip 192.168.1.5/32 --port 18080 -j RETURN',
    [
      [FOUR, false],
      [at('192.168.1.5:18081'), true],
      [at('192.168.2.5:18080'), true],
      [SIX, false],
    ],
  ],
  [
    'IPv6 networks',
    'chain --ip fd00::/64 -j ACCEPT',
    [
      [SIX, true],
      [at('[::1]:18080'), false],
      [FOUR, false],
    ],
  ],
  [
    'all of IPv6, which IPv4 lies in',
    'chain --ip ::/0 -j RETURN',
    [
      [SIX, false],
      [FOUR, false],
    ],
  ],
  ['a mapped network', 'chain --ip ::ffff:192.168.1.0/120 -j RETURN', [[FOUR, false]]],
  [
    'a port',
    'chain --port 15006 -j RETURN',
    [
      [at('192.168.1.5:15006'), false],
      [at('192.168.1.5:15007'), true],
    ],
  ],
  [
    'a range of ports',
    'chain --port 15001-15006 -j ACCEPT',
    [
      [at('192.168.1.5:15000'), false],
      [at('192.168.1.5:15001'), true],
      [at('192.168.1.5:15004'), true],
      [at('192.168.1.5:15006'), true],
      [at('192.168.1.5:15007'), false],
    ],
  ],
  ['every port', 'chain --port 1-65535 -j RETURN', [[FOUR, false]]],
  [
    'RETURN for a user',
    'chain --uid-owner 1337 -j RETURN',
    [
      [`${FOUR} --client-uid 1337`, false],
      [`${FOUR} --server-uid 1337`, false],
      [`${FOUR} --client-uid 1338 --server-uid 1339`, true],
    ],
  ],
  [
    'ACCEPT for root',
    'chain --uid-owner 0 -j ACCEPT',
    [
      [FOUR, true],
      [`${FOUR} --client-uid 1337`, true],
      [`${FOUR} --client-uid 1337 --server-uid 1337`, false],
    ],
  ],
  [
    'RETURN for a group',
    'chain --gid-owner 77 -j RETURN',
    [
      [`${FOUR} --client-gid 77`, false],
      [`${FOUR} --server-gid 77`, false],
      [`${FOUR} --client-gid 78`, true],
    ],
  ],
  [
    'ACCEPT for a group',
    'chain --gid-owner 77 -j ACCEPT',
    [
      [`${FOUR} --client-gid 77`, true],
      [`${FOUR} --server-gid 77`, true],
      [FOUR, false],
    ],
  ],
  [
    'all conditions of one rule',
    'chain --ip 192.168.1.0/24 --port 18080 --uid-owner 1337 --gid-owner 77 -j RETURN',
    [
      [`${FOUR} --client-uid 1337 --client-gid 77`, false],
      [`${FOUR} --client-uid 1337 --server-gid 77`, false],
      [`${FOUR} --client-uid 1337`, true],
      [`${FOUR} --client-gid 77`, true],
      [`${at('192.168.1.5:18081')} --client-uid 1337 --client-gid 77`, true],
      [`${at('192.168.2.5:18080')} --client-uid 1337 --client-gid 77`, true],
    ],
  ],
  [
    'several values of one condition',
    'chain --port 1 --port 18080 --uid-owner 1337 --uid-owner 1338 -j RETURN',
    [
      [`${FOUR} --client-uid 1338`, false],
      [`${at('192.168.1.5:18081')} --client-uid 1338`, true],
    ],
  ],
  [
    'RETURN over ACCEPT, whichever stands first',
    'chain -j ACCEPT\nchain --port 18080 -j RETURN\nchain -j ACCEPT',
    [
      [FOUR, false],
      [at('192.168.1.5:18081'), true],
    ],
  ],
  ['what only the client sees through NAT', 'chain --ip 10.77.0.9 -j RETURN', [[REDIRECTED, false]]],
  ['what only the server sees through NAT', 'chain --port 15001 -j RETURN', [[REDIRECTED, false]]],
  ["the client's port of the server, accepted", 'chain --port 80 -j ACCEPT', [[REDIRECTED, true]]],
  ["the server's own port, accepted", 'chain --port 15001 --ip 10.77.0.9 -j ACCEPT', [[REDIRECTED, true]]],
  [
    'JSON',
    '{"rules": [{"ip": ["10.0.0.0/8", "192.168.1.0/24"], "port": [1, "18080-18081"], "uid": 1337, "action": "ACCEPT"}]}',
    [
      [`${FOUR} --client-uid 1337`, true],
      [FOUR, false],
    ],
  ],
])('%s', (_, policy, cases) => {
  it.each(cases)('%s: accelerated %s', async (args, accelerated) => {
    await setPolicy(policy);
    await expectAccelerated(accelerated, args);
  });
});

it('keeps what a RETURN rule matches out of the map, also when its server is elsewhere', async () => {
  await setPolicy('chain --port 18080 -j RETURN');
  const { redirected, policy, noPeer } = await exchange(FOUR, ['--client-cgroup', datapath.cgroup]);
  /* Once a connection, and none of their messages: sk_msg never ran. */
  expect({ redirected, policy, noPeer }).toEqual({ redirected: 0, policy: COUNT, noPeer: 0 });
});

it('knows the user of a listener that is older than the attachment, and takes its group for any', async () => {
  const server = await startTraffic([
    ...['echo-server', '--server-uid', '1337', '--server-gid', '77', '--netns', netns.path],
    ...['--cgroup', datapath.cgroup],
  ]);
  cleanup.add(() => server.stop());
  const port = figure(await server.ready(), 'port');
  const later = await attachDatapath(cleanup, 'later', { cgroup: datapath.cgroup });
  const connect = [
    '--netns',
    netns.path,
    '--cgroup',
    datapath.cgroup,
    '--connect',
    `127.0.0.1:${String(port)}`,
  ];
  const file = join(folder.path, 'older');
  const redirectedBy = async (policy: string): Promise<boolean> => {
    await writeFile(file, policy);
    await agent.policySet(later.attachment.name, file);
    const before = await later.stats();
    await traffic('load', '--count', '2', '--hold', '0.5', ...connect);
    return since(before, await later.stats()).redirected > 0;
  };
  await setPolicy('chain -j RETURN');
  expect(await redirectedBy('chain --uid-owner 1337 -j ACCEPT')).toBe(true);
  expect(await redirectedBy('chain --gid-owner 77 -j ACCEPT')).toBe(false);
  expect(await redirectedBy('chain --gid-owner 78 -j RETURN')).toBe(false);
});

it('decides for new connections only, by one switch', async () => {
  await setPolicy('');
  const pairs = await startTraffic([
    ...['pairs', '--count', String(COUNT), '--hold', String(3 * machine.lookSeconds), '--rate', '100'],
    ...['--netns', netns.path, ...inCgroup()],
  ]);
  cleanup.add(() => pairs.stop());
  await pairs.ready();
  await setPolicy('chain -j RETURN');
  const before = await datapath.stats();
  expect(before.paired).toBe(2 * COUNT);
  await eventually('the open connections to go on', async () => {
    const { redirected, policy } = since(before, await datapath.stats());
    return redirected > 10_000 && policy === 0 ? true : undefined;
  });
  expect((await exchange(FOUR)).policy).toBe(COUNT);
  await pairs.done();
  await agent.policyClear(name());
  await expectAccelerated(true, FOUR);
});

it('takes 1000 rules, and finds the last', async () => {
  const others = Array.from(
    { length: 999 },
    (_, index) =>
      `chain --ip 10.${String(index >> 8)}.${String(index & 255)}.0/24 --port ${String(20_000 + index)} --uid-owner ${String(5_000 + index)} -j ACCEPT`,
  );
  const setLast = (last: string) => setPolicy([...others, last, ''].join('\n'));
  expect(await setLast('chain --ip 192.168.1.0/24 -j ACCEPT')).toBe(1000);
  await expectAccelerated(true, FOUR);
  await expectAccelerated(false, SIX);
  await setLast('chain --ip 192.168.1.0/24 -j RETURN');
  await expectAccelerated(false, FOUR);
  const { attachments } = await agent.status();
  expect(attachments.find(other => other.name === name())?.policyRules).toBe(1000);
  expect((await agent.policyShow(name())).text.split('\n')).toHaveLength(1001);
});

it('is read back by whoever asks, comments and all, and cleared', async () => {
  const text = '# the sidecar\nchain --ip 10.0.0.0/8 --port 80-90 --uid-owner 1337 -j RETURN\n';
  await setPolicy(text);
  const shown = await agent.policyShow(name());
  expect(shown).toEqual({
    name: name(),
    text,
    rules: [{ ip: ['10.0.0.0/8'], port: ['80-90'], uid: [1337], gid: [], action: 'RETURN' }],
  });
  const { attachments } = await agent.status();
  expect(attachments.find(other => other.name === name())?.policyRules).toBe(1);
  expect((await agent.policyClear(name())).rules).toEqual([]);
  expect((await agent.policyShow(name())).text).toBe('');
});

it.each([
  ['chain --ip 10.0.0.0/33 -j ACCEPT', 1, 12],
  ['chain --port 80 -j ACCEPT\nchain --port 90-80 -j ACCEPT', 2, 14],
  ['chain --port 70000', 1, 14],
  ['chain --uid-owner root', 1, 19],
  ['chain --colour red', 1, 7],
  ['chain -j MAYBE', 1, 10],
  ['chain', 1, 1],
  ['rule --port 80', 1, 1],
  ['{"rules": [{"ip": 5}]}', 1, 19],
  ['{"rules": ', 1, undefined],
])('%j is refused whole with its place, and the policy in force stays', async (text, line, column) => {
  await setPolicy('chain --port 1 -j RETURN');
  const file = join(folder.path, 'wrong');
  await writeFile(file, text);
  const there = await machine.deliver(file);
  const { code, stderr } = await runAgent('policy', 'set', there, '--name', name(), '--json');
  expect(code).toBe(16);
  const error = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { message: string; data: object };
  expect(error.data).toMatchObject({ kind: 'badPolicy', line });
  expect(error.message).toMatch(/^Line \d+, column \d+: /);
  if (column !== undefined) expect(error.data).toMatchObject({ column });
  expect((await agent.policyShow(name())).text).toBe('chain --port 1 -j RETURN');
});

it('keeps nothing of these connections', async () => {
  expect(await datapath.leftovers()).toEqual(NOTHING);
});
