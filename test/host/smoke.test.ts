// SPDX-License-Identifier: Apache-2.0
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../extension/contrib/ids';
import type { Activation } from '../../extension/main';

describe('the extension in its host', () => {
  const extension = (): vscode.Extension<unknown> => {
    const found = vscode.extensions.getExtension('sockmap.sockmap');
    assert.ok(found, 'the extension under test is not installed');
    return found;
  };

  it('activates', async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
  });

  it('activates in less than 100 ms', async () => {
    const { activatedInMs } = (await extension().activate()) as Activation;
    assert.ok(activatedInMs > 0 && activatedInMs < 100, `it took ${activatedInMs} ms`);
  });

  it('registers every command it declares', async () => {
    await extension().activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    const absent = Object.values(COMMANDS).filter(id => !registered.has(id));
    assert.deepEqual(absent, []);
  });
});
