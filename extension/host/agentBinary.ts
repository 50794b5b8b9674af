// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmod, readFile, access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { ProblemError } from '../core/problem';

/** As `uname -m` says and as dist/agent/ has folders. */
export const AGENT_ARCHITECTURES = ['x86_64', 'aarch64'] as const;
export type AgentArchitecture = (typeof AGENT_ARCHITECTURES)[number];

export interface AgentBinary {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: Buffer;
}

/**
 * The packaged agents: `<folder>/<arch>/sockmap-agent`, and `<folder>/SHA256SUMS` (the format of
 * sha256sum(1)), written by the build. A binary that differs from its line is refused; without the file
 * (a build in progress) there is nothing to compare with.
 */
export class AgentBinaries {
  constructor(readonly folder: string) {}

  /** undefined: not packaged for this architecture. Rejects with `agentDamaged`. */
  async load(arch: AgentArchitecture): Promise<AgentBinary | undefined> {
    const path = join(this.folder, arch, 'sockmap-agent');
    const bytes = await readIfThere(path);
    if (bytes === undefined) {
      return undefined;
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const sums = (await readIfThere(join(this.folder, 'SHA256SUMS')))?.toString('utf8') ?? '';
    const expected = new RegExp(`^([0-9a-f]{64}) [ *](?:\\./)?${arch}/sockmap-agent$`, 'm').exec(sums)?.[1];
    if (expected !== undefined && expected !== sha256) {
      throw new ProblemError({
        code: 'agentDamaged',
        message: `The packaged agent for ${arch} is not the one that was built.`,
        action: 'Install the extension again.',
        detail: `${path}: sha256 ${sha256}, expected ${expected}`,
      });
    }
    return { path, sha256, bytes };
  }
}

export function agentMissing(path: string): ProblemError {
  return new ProblemError({
    code: 'agentMissing',
    message: `There is no agent at ${path}.`,
    action: 'Correct the setting sockmap.agentPath, or install the extension again.',
  });
}

/** Some installers drop the executable bit. Rejects with a ProblemError. */
export async function ensureExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    try {
      await chmod(path, 0o755);
    } catch {
      throw new ProblemError(
        {
          code: 'agentDamaged',
          message: `The agent ${path} is not executable.`,
          action: `Run: chmod +x ${path}`,
        },
        { cause },
      );
    }
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
}
