// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { l10n } from 'vscode';
import { BlockEnds } from '../../core/blockEnds';
import { formatBytes } from '../../core/format';
import { ProblemError } from '../../core/problem';

/** What may wait for the disk. */
const MAX_WAITING_BYTES = 64 << 20;

export interface CaptureFileOptions {
  readonly path: string;
  /** It was not there before: it is removed again when nothing comes. */
  readonly created: boolean;
  readonly maxWaitingBytes?: number;
}

/**
 * A pcapng file that grows as bytes come. It ends with a whole block, whatever happens. One that was there before
 * keeps what it holds until the first bytes come, since that is when a capture has begun.
 */
export class CaptureFile {
  readonly #handle: Pick<FileHandle, 'write' | 'truncate' | 'close'>;
  readonly #options: CaptureFileOptions;
  readonly #blocks = new BlockEnds();
  readonly #full = new AbortController();
  #queue: Uint8Array[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #failure: ProblemError | undefined;

  constructor(handle: Pick<FileHandle, 'write' | 'truncate' | 'close'>, options: CaptureFileOptions) {
    this.#handle = handle;
    this.#options = options;
  }

  /** Only its owner may read a new one: messages hold passwords. */
  static async open(path: string): Promise<CaptureFile> {
    try {
      return new CaptureFile(await open(path, 'wx', 0o600), { path, created: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') {
        throw unwritable(path, error);
      }
    }
    try {
      return new CaptureFile(await open(path, constants.O_WRONLY), { path, created: false });
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Aborted when it takes no more; {@link failure} says why. */
  get full(): AbortSignal {
    return this.#full.signal;
  }

  get failure(): ProblemError | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array): void {
    const { maxWaitingBytes = MAX_WAITING_BYTES } = this.#options;
    if (this.#full.signal.aborted) {
      return;
    }
    if (this.#waiting + bytes.length > maxWaitingBytes) {
      this.#fail(tooSlow(maxWaitingBytes));
      return;
    }
    this.#queue.push(bytes);
    this.#waiting += bytes.length;
    this.#writing ??= this.#writeQueue();
  }

  /** Waits for the disk. Resolves with the size of the file; 0: it holds nothing of the capture. */
  async end(): Promise<number> {
    await this.#writing;
    const { size, whole } = this.#blocks;
    if (whole < size) {
      await this.#try(() => this.#handle.truncate(whole));
    }
    // Some file systems tell only now that there is no room.
    await this.#try(() => this.#handle.close());
    if (whole === 0 && this.#options.created) {
      await rm(this.#options.path, { force: true });
    }
    return whole;
  }

  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#fail(interrupted(this.#options.path, error));
    }
  }

  async #writeQueue(): Promise<void> {
    try {
      if (this.#blocks.size === 0) {
        await this.#empty();
      }
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const bytes of batch) {
          await this.#writeAll(bytes);
        }
      }
    } catch (error) {
      // What follows a gap is of no use.
      this.#queue = [];
      this.#fail(interrupted(this.#options.path, error));
    }
    // In the turn in which the queue was seen empty, so that the next bytes begin anew.
    this.#writing = undefined;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done);
      this.#blocks.add(bytes.subarray(done, done + bytesWritten));
      done += bytesWritten;
    }
    this.#waiting -= bytes.length;
  }

  async #empty(): Promise<void> {
    try {
      await this.#handle.truncate(0);
    } catch (error) {
      // A pipe or a device has no length.
      if (codeOf(error) !== 'EINVAL') {
        throw error;
      }
    }
  }

  #fail(failure: ProblemError): void {
    this.#failure ??= failure;
    this.#full.abort();
  }
}

function tooSlow(bytes: number): ProblemError {
  return new ProblemError({
    code: 'internal',
    message: l10n.t(
      'The capture was ended because more than {0} were waiting for the disk.',
      formatBytes(bytes),
    ),
    action: l10n.t('Capture one connection or port, or write to a faster disk.'),
  });
}

function unwritable(path: string, error: unknown): ProblemError {
  return new ProblemError({
    code: 'internal',
    message: l10n.t('{0} cannot be written: {1}.', path, reasonOf(error)),
    action: l10n.t('Choose another file.'),
  });
}

function interrupted(path: string, error: unknown): ProblemError {
  const name = basename(path);
  return new ProblemError({
    code: 'internal',
    message: l10n.t('{0} cannot be written any further: {1}.', name, reasonOf(error)),
  });
}

/** `no space left on device` of `ENOSPC: no space left on device, write`. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, 'code') : undefined;
}
