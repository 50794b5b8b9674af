// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from '../../core/logger';
import { decodeRun, type VerifierRun } from '../../core/verifierRuns';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A run is some kilobytes; what is far bigger was not written by us. */
const MAX_RUN_BYTES = 8 << 20;
/** A write takes seconds at most; what is younger may be that of another window that is under way. */
const LEFT_OVER_MS = 3_600_000;
/** A verifier log that is longer when unpacked was not written by us: the kernel's buffer ends before. */
const MAX_LOG_BYTES = 1 << 30;

export interface RunFolderOptions {
  readonly folder: string;
  readonly logger: Logger;
  /** Bytes of packed logs that are kept; of older runs only the figures stay. Default 256 MiB. */
  readonly maxLogBytes?: number;
}

/**
 * Runs as files: `ID.json` for the figures, `ID.log.gz` for the log. Each file is whole or not there, because it is
 * written under another name first. What cannot be read or written costs that run only.
 */
export class RunFolder {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #maxLogBytes: number;
  /** Packed size of each log that is there, the oldest first. */
  readonly #logs = new Map<string, number>();

  constructor(options: RunFolderOptions) {
    this.#folder = options.folder;
    this.#logger = options.logger;
    this.#maxLogBytes = options.maxLogBytes ?? 256 << 20;
  }

  /** Every readable run, the oldest first. Leftovers of a write that was cut off long ago are removed. */
  async load(): Promise<VerifierRun[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const runs: VerifierRun[] = [];
    const damaged: string[] = [];
    for (const name of names) {
      const path = join(this.#folder, name);
      if (name.endsWith('.tmp')) await this.#dropLeftover(path);
      if (!name.endsWith('.json')) continue;
      const run = await this.#readRun(path);
      if (run === undefined || `${run.id}.json` !== name) damaged.push(name);
      else runs.push(run);
    }
    if (damaged.length > 0)
      this.#logger.warn(`verifier runs that cannot be read are left out: ${damaged.join(', ')}`);
    runs.sort((a, b) => a.at.localeCompare(b.at));
    for (const { id } of runs) {
      const file = await stat(this.#logPath(id)).catch(() => undefined);
      if (file !== undefined) this.#logs.set(id, file.size);
    }
    return runs;
  }

  /** Keeps a run. False, and a line in the log, when the disk does not take it. */
  async save(run: VerifierRun, log: string): Promise<boolean> {
    try {
      await mkdir(this.#folder, { recursive: true });
      const packed = await compress(log);
      await this.#write(this.#logPath(run.id), packed);
      await this.#write(this.#runPath(run.id), JSON.stringify(run));
      this.#logs.set(run.id, packed.length);
    } catch (error) {
      this.#logger.warn(`verifier run of ${run.program} is not kept: ${messageOf(error)}`);
      await this.remove(run.id);
      return false;
    }
    await this.#dropOldLogs();
    return true;
  }

  /** The log of a run; undefined when it is not kept any more, or damaged. */
  async log(id: string): Promise<string | undefined> {
    try {
      const packed = await readFile(this.#logPath(id));
      return (await decompress(packed, { maxOutputLength: MAX_LOG_BYTES })).toString('utf8');
    } catch (error) {
      this.#logger.debug(`log of verifier run ${id}: ${messageOf(error)}`);
      return undefined;
    }
  }

  async remove(id: string): Promise<void> {
    this.#logs.delete(id);
    for (const path of [this.#runPath(id), this.#logPath(id)]) await this.#unlink(path);
  }

  async #readRun(path: string): Promise<VerifierRun | undefined> {
    try {
      const { size } = await stat(path);
      return size > MAX_RUN_BYTES ? undefined : decodeRun(await readFile(path, 'utf8'));
    } catch {
      return undefined;
    }
  }

  async #write(path: string, content: Buffer | string): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await writeFile(temporary, content);
      await rename(temporary, path);
    } catch (error) {
      await this.#unlink(temporary);
      throw error;
    }
  }

  async #dropLeftover(path: string): Promise<void> {
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined && Date.now() - file.mtimeMs > LEFT_OVER_MS) await this.#unlink(path);
  }

  async #dropOldLogs(): Promise<void> {
    let total = [...this.#logs.values()].reduce((sum, size) => sum + size, 0);
    for (const [id, size] of [...this.#logs]) {
      // The newest stays however big it is.
      if (total <= this.#maxLogBytes || this.#logs.size === 1) return;
      this.#logs.delete(id);
      total -= size;
      await this.#unlink(this.#logPath(id));
    }
  }

  async #unlink(path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) => {
      this.#logger.warn(`${path} cannot be removed: ${messageOf(error)}`);
    });
  }

  #runPath(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  #logPath(id: string): string {
    return join(this.#folder, `${id}.log.gz`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
