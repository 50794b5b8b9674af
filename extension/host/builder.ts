// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ClangDiagnostic, parseClangDiagnostics } from '../core/clangDiagnostics';
import type { Logger } from '../core/logger';
import { ProblemError } from '../core/problem';
import { throwIfCancelled } from './abort';
import type { Builder, BuildRequest, BuildResult } from './api';
import { CLANG_ARGUMENTS, findClang, lacksBpfTarget, multiarchIncludes } from './clang';
import { ManagedProcess, StartError } from './process';
import { compileRemotely, type RemoteBuildHost } from './remoteBuild';

export interface BuilderOptions {
  readonly logger: Logger;
  /** SSH hosts that may compile when this machine has no clang, best first; asked at each such build. */
  readonly remotes?: () => readonly RemoteBuildHost[];
  /** `sockmap.ssh.path`, asked at each build on a host; empty or undefined for `ssh`. */
  readonly sshPath?: () => string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

const MAX_STDERR_BYTES = 8 * 1024 * 1024;

export function createBuilder(options: BuilderOptions): Builder {
  return {
    async build(request, signal) {
      const started = performance.now();
      await checkSource(request);
      await mkdir(dirname(request.output), { recursive: true });
      const outcome =
        (await buildHere(request, options, signal)) ?? (await buildThere(request, options, signal));
      const diagnostics = parseClangDiagnostics(outcome.stderr, request.source);
      options.logger.debug(`clang ${request.source}: ${outcome.ok ? 'ok' : 'failed'}`);
      return {
        ok: outcome.ok,
        object: request.output,
        diagnostics: withReason(outcome, diagnostics, request),
        output: outcome.stderr,
        durationMs: Math.round(performance.now() - started),
        ...(outcome.builtOn === undefined ? {} : { builtOn: outcome.builtOn }),
      } satisfies BuildResult;
    },
  };
}

interface Outcome {
  readonly ok: boolean;
  readonly stderr: string;
  readonly builtOn?: string;
}

async function checkSource(request: BuildRequest): Promise<void> {
  const file = await stat(request.source).catch(() => undefined);
  if (file?.isFile() !== true) {
    throw new ProblemError({
      code: 'compile',
      message: `There is no source file ${request.source}.`,
      action: 'Choose a .bpf.c file of the workspace.',
    });
  }
}

/** undefined: no usable clang here. */
async function buildHere(
  request: BuildRequest,
  options: BuilderOptions,
  signal: AbortSignal | undefined,
): Promise<Outcome | undefined> {
  const clang = await findClang(request.clang, (options.env ?? process.env)['PATH']);
  if (clang === undefined) {
    if (request.clang !== '' && request.clang !== 'clang') {
      throw new ProblemError({
        code: 'clangMissing',
        message: `There is no clang at ${request.clang}.`,
        action: 'Correct the setting sockmap.clang.path.',
      });
    }
    return undefined;
  }
  // A folder, because clang makes temporary files of its own beside the output.
  const folder = await mkdtemp(`${request.output}.`);
  const temporary = join(folder, 'out.o');
  try {
    const args = [
      ...CLANG_ARGUMENTS,
      ...request.includeDirs.map(folder => `-I${folder}`),
      ...request.flags,
      ...(await multiarchIncludes()),
      '-c',
      request.source,
      '-o',
      temporary,
    ];
    const { code, stderr } = await runClang(clang, args, options, signal);
    throwIfCancelled(signal, 'The build');
    if (code !== 0 && lacksBpfTarget(stderr)) {
      options.logger.info(`${clang} has no BPF target`);
      return undefined;
    }
    if (code === 0) {
      await rename(temporary, request.output);
    }
    return { ok: code === 0, stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runClang(
  clang: string,
  args: readonly string[],
  options: BuilderOptions,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; stderr: string }> {
  const env = { ...(options.env ?? process.env), LC_ALL: 'C' };
  try {
    const child = await ManagedProcess.start({
      command: clang,
      args,
      env,
      stderrLimit: MAX_STDERR_BYTES,
      ...(signal === undefined ? {} : { signal }),
    });
    child.stdin.end();
    child.stdout.resume();
    const { code } = await child.exited;
    return { code, stderr: child.stderr };
  } catch (error) {
    const errno = error instanceof StartError ? error.errno : 'unknown';
    throw new ProblemError(
      {
        code: 'clangMissing',
        message: `clang (${clang}) cannot be started (${errno}).`,
        action: 'Install clang, or set sockmap.clang.path.',
      },
      { cause: error },
    );
  }
}

async function buildThere(
  request: BuildRequest,
  options: BuilderOptions,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const host = options.remotes?.()[0];
  if (host === undefined) {
    throw new ProblemError({
      code: 'clangMissing',
      message: 'There is no clang with a BPF target on this machine.',
      action:
        'Install clang (apt-get install clang), set sockmap.clang.path, or connect to a host that has it.',
    });
  }
  const { env } = options;
  const sshPath = options.sshPath?.();
  const result = await compileRemotely(host, request, {
    ...(sshPath === undefined ? {} : { sshPath }),
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { signal }),
  });
  const ok = result.exitCode === 0;
  if (ok) {
    const temporary = `${request.output}.${randomUUID()}.tmp`;
    try {
      await writeFile(temporary, result.object);
      await rename(temporary, request.output);
    } finally {
      await rm(temporary, { force: true });
    }
  }
  return { ok, stderr: result.stderr, builtOn: host.label };
}

/** A failure always has an error to show, also when clang crashed. */
function withReason(
  outcome: Outcome,
  diagnostics: readonly ClangDiagnostic[],
  request: BuildRequest,
): readonly ClangDiagnostic[] {
  if (outcome.ok || diagnostics.some(diagnostic => diagnostic.severity === 'error')) {
    return diagnostics;
  }
  const last = outcome.stderr.trim().split('\n').at(-1) ?? '';
  const message = last === '' ? 'clang failed without saying why.' : `clang failed: ${last}`;
  return [...diagnostics, { file: request.source, line: 1, column: 1, severity: 'error', message }];
}
