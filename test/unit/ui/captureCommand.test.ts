// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../../rig/checkout';
import { FakeHost, READY } from '../../support/fakeHost';
import { block } from '../../support/pcapng';
import { env, Uri, window } from '../../support/vscode';
import { attachmentInfo } from '../core/rows';
import { setup } from './commandHarness';

describe('Capture, when it has ended', () => {
  let folder: TemporaryFolder;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder('capture-command');
    path = join(folder.path, 'web.pcapng');
  });
  afterEach(() => folder.remove());

  function capturing() {
    const host = new FakeHost('a', {
      status: () => ({ attachments: [attachmentInfo('web', null, [])] }),
      capture: (_params, { onData }) => {
        onData?.(block(40));
        const dropped = { messages: 0, bytes: 0 };
        return { name: 'web', file: null, messages: 1, bytes: 8, packets: 1, dropped, ended: 'interrupted' };
      },
    });
    host.become(READY);
    vi.spyOn(window, 'showSaveDialog').mockResolvedValue(Uri.file(path));
    const ui = setup([host]);
    const done = ui.run('capture', { hostId: 'a', attachment: 'web' });
    return { host, ui, done };
  }

  async function answered(button: string) {
    const { host, ui, done } = capturing();
    await ui.type('80');
    await ui.choose('Redirected messages only');
    const { buttons } = await ui.answer(button);
    await done;
    expect(host.asked.at(-1)).toMatchObject({
      method: 'capture',
      params: { name: 'web', port: 80, all: false },
    });
    return { buttons, executed: ui.executed };
  }

  it('opens the file with the program of the desktop', async () => {
    const open = vi.spyOn(env, 'openExternal');
    const { buttons } = await answered('Open');
    expect(buttons).toEqual(['Open', 'Reveal in File Manager', 'Copy Path']);
    expect(open.mock.calls).toEqual([[Uri.file(path)]]);
  });

  it('shows the file in its folder', async () => {
    const { executed } = await answered('Reveal in File Manager');
    expect(executed).toEqual([['revealFileInOS', Uri.file(path)]]);
  });

  it('copies the path, which is all that a remote window can do', async () => {
    vi.spyOn(env, 'remoteName', 'get').mockReturnValue('ssh-remote');
    const write = vi.spyOn(env.clipboard, 'writeText');
    const { buttons } = await answered('Copy Path');
    expect(buttons).toEqual(['Copy Path']);
    expect(write.mock.calls).toEqual([[path]]);
  });
});
