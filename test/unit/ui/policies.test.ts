// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import * as vscode from 'vscode';
import { POLICY_SCHEME } from '../../../extension/contrib/ids';
import { Policies } from '../../../extension/ui/documents/policies';
import { HostModels } from '../../../extension/ui/model/hostModels';
import { ManualClock } from '../../support/clock';
import { FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { silent } from '../../support/hosts';

const uri = vscode.Uri.from({ scheme: POLICY_SCHEME, path: '/h/web.sockmap-policy', query: 'h' });
const bytes = (text: string) => new TextEncoder().encode(text);

/** A host with one policy, which a test changes as somebody else would. */
function setup() {
  const policy = { text: 'chain --port 1 -j RETURN\n' };
  const host = new FakeHost('h', {
    policyGet: ({ name }) => ({ name, text: policy.text, rules: [] }),
    policySet: ({ name, text }) => {
      policy.text = text;
      return { name, text, rules: [] };
    },
    status: () => ({ attachments: [] }),
  });
  const registry = new FakeRegistry();
  registry.set([host]);
  const policies = new Policies(new HostModels(registry, { clock: new ManualClock(), logger: silent }));
  return { host, policy, policies };
}

/** What VS Code does to show a document, and again when its window gets the focus. */
async function read(policies: Policies): Promise<string> {
  await policies.stat(uri);
  return new TextDecoder().decode(await policies.readFile(uri));
}

test('a document that VS Code reads again leaves its host disconnected', async () => {
  const { host, policy, policies } = setup();
  host.become(READY);
  const text = await read(policies);
  const { mtime } = await policies.stat(uri);
  await host.disconnect();
  expect(await read(policies)).toBe(text);
  expect((await policies.stat(uri)).mtime).toBe(mtime);
  expect(host.state.kind).toBe('idle');
  policy.text = 'chain --port 2 -j RETURN\n';
  host.become(READY);
  expect(await read(policies)).toBe(policy.text);
});

test('a document that was never read connects its host, unless that has failed', async () => {
  const { host, policy, policies } = setup();
  host.become({ kind: 'failed', problem: { code: 'unreachable', message: 'No route to it.' } });
  await expect(policies.stat(uri)).rejects.toThrow('No route to it.');
  expect(host.state.kind).toBe('failed');
  host.become({ kind: 'idle' });
  expect(await read(policies)).toBe(policy.text);
  expect(host.state.kind).toBe('ready');
});

test('saving connects again', async () => {
  const { host, policy, policies } = setup();
  await read(policies);
  await host.disconnect();
  await policies.stat(uri);
  await policies.writeFile(uri, bytes('chain --port 3 -j RETURN\n'));
  expect(policy.text).toBe('chain --port 3 -j RETURN\n');
});

test('saving without a connection overwrites what somebody else set at the second time only', async () => {
  const { host, policy, policies } = setup();
  await read(policies);
  await host.disconnect();
  policy.text = 'chain --ip 10.0.0.0/8 -j RETURN\n';
  // VS Code finds nothing newer in this, and so does not ask.
  await policies.stat(uri);
  await expect(policies.writeFile(uri, bytes('chain --port 3 -j RETURN\n'))).rejects.toThrow('Somebody else');
  expect(policy.text).toBe('chain --ip 10.0.0.0/8 -j RETURN\n');
  await policies.writeFile(uri, bytes('chain --port 3 -j RETURN\n'));
  expect(policy.text).toBe('chain --port 3 -j RETURN\n');
});
