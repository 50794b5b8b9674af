// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { SettingKey } from '../../../extension/contrib/ids';
import { readSettingLimits } from '../../../extension/core/settingLimits';
import type { HostRegistry } from '../../../extension/host/api';
import { Config } from '../../../extension/ui/config';
import { followHostSettings } from '../../../extension/ui/hostList';
import { checkout } from '../../rig/checkout';
import { FakeRegistry } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { commands, window, workspace } from '../../support/vscode';

const manifest: unknown = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A list that VS Code cannot write. */
const REFUSED: readonly unknown[] = ['refused'];

/** A configuration with what a person wrote, and the warnings that come of it. */
function setup(
  written: Partial<Record<SettingKey, unknown>>,
  defaults: Partial<Record<SettingKey, unknown>> = {},
) {
  vi.spyOn(workspace, 'getConfiguration').mockReturnValue({
    get: (key: SettingKey) => written[key],
    inspect: (key: SettingKey) => ({ defaultValue: defaults[key] }),
    // As in VS Code, the value is there some time later.
    update: async (key: SettingKey, value: unknown) => {
      await new Promise(resolve => setImmediate(resolve));
      if (value === REFUSED) throw new Error('The settings cannot be written.');
      written[key] = value;
    },
  });
  const warnings: string[] = [];
  vi.spyOn(window, 'showWarningMessage').mockImplementation((message, button) => {
    warnings.push(String(message));
    return Promise.resolve(button);
  });
  const opened: unknown[][] = [];
  vi.spyOn(commands, 'executeCommand').mockImplementation((...args) => {
    opened.push(args);
    return Promise.resolve(undefined);
  });
  return { config: new Config(manifest, silent), warnings, opened };
}

test.each([
  ['refreshInterval', 1, 100],
  ['refreshInterval', -5, 0],
  ['refreshInterval', 1e9, 3_600_000],
  ['detach.drainTimeout', -1, 0],
  ['maxSockets', 0, 2],
  ['maxSockets', 10.4, 10],
  ['verify.keepRuns', 0, 1],
] as const)('%s of %d counts as %d, and that is said once', async (key, written, used) => {
  const { config, warnings, opened } = setup({ [key]: written });
  expect([config.get(key), config.get(key)]).toEqual([used, used]);
  expect(warnings).toEqual([`sockmap.${key} cannot be ${written}, so ${used} is used.`]);
  await expect.poll(() => opened).toEqual([['workbench.action.openSettings', `sockmap.${key}`]]);
});

test.each([
  ['verify.logLevel', 8, 1],
  ['pairing', 'magic', 'auto'],
  ['edgeReaders', 'yes', false],
  ['clang.flags', [7], []],
] as const)('%s of %j is the default', (key, written, used) => {
  const { config, warnings } = setup({ [key]: written }, { [key]: used });
  expect(config.get(key)).toEqual(used);
  expect(warnings).toEqual([expect.stringContaining(`sockmap.${key} cannot be ${JSON.stringify(written)}`)]);
});

test.each([
  ['refreshInterval', 0],
  ['refreshInterval', 100],
  ['detach.drainTimeout', 0.5],
  ['verify.logLevel', 2],
  ['pairing', 'tuple'],
] as const)('%s may be %j', (key, written) => {
  const { config, warnings } = setup({ [key]: written });
  expect(config.get(key)).toBe(written);
  expect(warnings).toEqual([]);
});

test('limits are read from a manifest of whatever shape without throwing', () => {
  for (const odd of [undefined, {}, { contributes: { configuration: { properties: { a: 7 } } } }]) {
    expect(() => readSettingLimits(odd)).not.toThrow();
  }
});

test('elements of the list of hosts that are left out are named once', () => {
  const { config, warnings } = setup({ hosts: ['a', '-b', null] });
  const registry = new FakeRegistry();
  vi.spyOn(registry, 'update');
  followHostSettings(registry, config, silent);
  followHostSettings(registry, config, silent);
  expect(warnings).toEqual([
    'sockmap.hosts[1] is left out: A host name cannot start with a dash. The log names 1 more.',
  ]);
});

test('the ssh configuration of a host may stand in the home folder or be named by a variable', () => {
  vi.stubEnv('HOME', '/home/me');
  vi.stubEnv('SSH_DIR', '/etc/ssh');
  const { config } = setup({
    hosts: [
      { destination: 'a', configFile: '~/alt' },
      { destination: 'b', configFile: '${env:SSH_DIR}/b' },
      'c',
    ],
  });
  const registry: HostRegistry = new FakeRegistry();
  const update = vi.spyOn(registry, 'update');
  followHostSettings(registry, config, silent);
  expect(update.mock.lastCall?.[0]).toMatchObject([
    ...(process.platform === 'linux' ? [{ kind: 'local' }] : []),
    { destination: 'a', configFile: '/home/me/alt' },
    { destination: 'b', configFile: '/etc/ssh/b' },
    { destination: 'c' },
  ]);
});

test('changes of the list of hosts are made one after the other, also after one that failed', async () => {
  const written = { hosts: ['a', 'b'] };
  const { config } = setup(written);
  const without = (name: string) => config.changeHosts(hosts => hosts.filter(host => host !== name));
  const refused = config.changeHosts(() => REFUSED);
  const changes = [without('a'), without('b'), config.changeHosts(hosts => [...hosts, 'c'])];
  await expect(refused).rejects.toThrow('cannot be written');
  await Promise.all(changes);
  expect(written.hosts).toEqual(['c']);
});
