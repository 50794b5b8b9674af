// SPDX-License-Identifier: Apache-2.0
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureFile } from '../../../extension/ui/capture/captureFile';
import { temporaryFolder, type TemporaryFolder } from '../../rig/checkout';
import { problemOf } from '../../support/hosts';
import { block } from '../../support/pcapng';

let folder: TemporaryFolder;
let path: string;

beforeEach(async () => {
  folder = await temporaryFolder('capture-file');
  path = join(folder.path, 'web.pcapng');
});
afterEach(() => folder.remove());

const exists = () =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A disk that has room for so many bytes, and lets go of a write only when it is told to. */
class Disk {
  readonly #written: Buffer[] = [];
  #waiting: (() => void)[] = [];
  #held = false;
  closed = false;

  constructor(readonly room: number) {}

  get contents(): Buffer {
    return Buffer.concat(this.#written);
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  readonly write = async (bytes: Uint8Array, offset: number) => {
    if (this.#held) await new Promise<void>(resolve => this.#waiting.push(resolve));
    const left = this.room - this.contents.length;
    if (left === 0) throw new Error('ENOSPC: no space left on device, write');
    const taken = Buffer.from(bytes.subarray(offset, offset + left));
    this.#written.push(taken);
    return { bytesWritten: taken.length, buffer: bytes };
  };

  readonly truncate = (length = 0) => {
    this.#written.splice(0, Infinity, this.contents.subarray(0, length));
    return Promise.resolve();
  };

  readonly close = () => {
    this.closed = true;
    return Promise.resolve();
  };

  /** What CaptureFile uses of a file. */
  get handle(): ConstructorParameters<typeof CaptureFile>[0] {
    return this as unknown as ConstructorParameters<typeof CaptureFile>[0];
  }
}

describe('the file of a capture', () => {
  it('has what was written, in order, and is for its owner only', async () => {
    const file = await CaptureFile.open(path);
    const blocks = [12, 100, 40, 2000].map(block);
    for (const bytes of blocks) file.write(bytes);
    expect(await file.end()).toBe(2152);
    expect(await readFile(path)).toEqual(Buffer.concat(blocks));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(file.failure).toBeUndefined();
  });

  it('is not left when nothing came, and one that was there before is as it was', async () => {
    const nothing = await CaptureFile.open(path);
    expect(await nothing.end()).toBe(0);
    expect(await exists()).toBe(false);
    await writeFile(path, 'of another capture, which may still run');
    const again = await CaptureFile.open(path);
    expect(await again.end()).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('of another capture, which may still run');
  });

  it('replaces what was there once bytes come', async () => {
    await writeFile(path, 'x'.repeat(1000));
    const file = await CaptureFile.open(path);
    file.write(block(12));
    expect(await file.end()).toBe(12);
    expect(await readFile(path)).toEqual(block(12));
  });

  it('ends with a whole block when the capture does not', async () => {
    const file = await CaptureFile.open(path);
    file.write(block(12));
    file.write(block(100).subarray(0, 50));
    expect(await file.end()).toBe(12);
    expect(await readFile(path)).toEqual(block(12));
    const other = await CaptureFile.open(path);
    other.write(block(12).subarray(0, 7));
    expect(await other.end()).toBe(0);
  });

  it('says why it cannot be written', async () => {
    const missing = await problemOf(CaptureFile.open(join(folder.path, 'no', 'such')));
    expect(missing.message).toMatch(/such cannot be written: no such file or directory\.$/);
    expect(missing.action).toBe('Choose another file.');
    const directory = await problemOf(CaptureFile.open(folder.path));
    expect(directory.message).toMatch(/cannot be written: illegal operation on a directory\.$/);
  });

  it('has whole blocks only on a disk that got full, and says so', async () => {
    const disk = new Disk(130);
    const file = new CaptureFile(disk.handle, { path, created: false });
    for (const size of [12, 100, 40, 60]) file.write(block(size));
    expect(await file.end()).toBe(112);
    expect(disk.contents).toEqual(Buffer.concat([block(12), block(100)]));
    expect(disk.closed).toBe(true);
    expect(file.full.aborted).toBe(true);
    expect(file.failure?.message).toBe('web.pcapng cannot be written any further: no space left on device.');
    file.write(block(12));
    expect(disk.contents).toHaveLength(112);
  });

  it('lets no more wait for the disk than there is room for, and keeps what waits', async () => {
    const disk = new Disk(Infinity);
    disk.hold();
    const file = new CaptureFile(disk.handle, { path, created: false, maxWaitingBytes: 200 });
    file.write(block(100));
    file.write(block(100));
    expect(file.full.aborted).toBe(false);
    file.write(block(12));
    expect(file.full.aborted).toBe(true);
    expect(file.failure?.message).toContain('more than 200 B were waiting for the disk');
    disk.release();
    expect(await file.end()).toBe(200);
  });

  it('takes what has no length, such as a device', async () => {
    const file = await CaptureFile.open('/dev/null');
    file.write(block(12));
    expect(await file.end()).toBe(12);
    expect(file.failure).toBeUndefined();
    const full = await CaptureFile.open('/dev/full');
    full.write(block(12));
    expect(await full.end()).toBe(0);
    expect(full.failure?.message).toContain('no space left on device');
  });
});
