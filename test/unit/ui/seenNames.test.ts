// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { SeenNames } from '../../../extension/ui/seenNames';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';
import { attachmentInfo } from '../core/rows';

test('names of hosts and attachments that are gone are still known', async () => {
  const attachments = [attachmentInfo('web', null, [])];
  const registry = new FakeRegistry();
  const models = new HostModels(registry, { clock: new ManualClock(), logger: silent });
  const names = new SeenNames(models);
  const host = new FakeHost('db.example.org', { status: () => ({ attachments }) });
  registry.set([host]);
  host.become({ ...READY, kind: 'ready', hostname: 'db-7' } as typeof READY);
  await models.refresh();
  attachments.pop();
  await models.refresh();
  registry.set([]);
  expect([...(names.hosts.get('db.example.org') ?? [])]).toEqual(['db.example.org', 'db-7']);
  expect([...names.attachments]).toEqual(['web']);
  expect([...names.cgroups]).toEqual(['/sys/fs/cgroup/web']);
});
