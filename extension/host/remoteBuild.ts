// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { ProblemError } from '../core/problem';
import { checkDestination, classifySshFailure, quotePosix, type SshTarget } from '../core/ssh';
import { throwIfCancelled } from './abort';
import type { BuildRequest } from './api';
import { shellCommand } from './bootstrap';
import { CLANG_ARGUMENTS } from './clang';
import { startSsh } from './ssh';
import { createTar, type TarEntry } from './tar';

/** What clang did on a host, its messages with the paths of this machine. */
export interface RemoteCompilation {
  readonly exitCode: number;
  readonly stderr: string;
  readonly object: Buffer;
}

export interface RemoteBuildHost {
  readonly label: string;
  readonly target: SshTarget;
}

const MAX_SOURCE_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 5_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const SOURCE_FILE = /\.(?:c|h|inc|hpp)$/;
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'out', 'build']);
const MARKER = 'SOCKMAP-BUILD';
/** The script's exit status when the host has no clang either. */
const NO_CLANG = 40;

/** See {@link shellCommand} for the characters. The sources and the script that knows the flags come on stdin. */
const SCRIPT = [
  `umask 077; d=$(mktemp -d "\${TMPDIR:-/tmp}/sockmap-build.XXXXXX") || exit 41;`,
  `clean() { cd / && rm -rf "$d"; }; trap clean EXIT; trap "exit 42" HUP INT TERM PIPE;`,
  `cd "$d" && tar -xf - || exit 41;`,
  `c=; for i in clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang-13; do`,
  `if command -v "$i" >/dev/null 2>&1; then c="$i"; break; fi; done;`,
  `if [ -z "$c" ]; then exit ${String(NO_CLANG)}; fi;`,
  `: > out.o; sh ./build.sh "$c" "$d" 2> err.txt; e=$?;`,
  `echo "${MARKER} $1 $e $(wc -c < err.txt) $(wc -c < out.o)";`,
  `cat err.txt out.o;`,
].join(' ');

/**
 * Compiles on a host: the C files below the source's folder and the include folders go there as a tar
 * archive, clang's messages and the object come back, nothing stays. Rejects with a ProblemError.
 */
export async function compileRemotely(
  host: RemoteBuildHost,
  request: BuildRequest,
  options: { sshPath?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<RemoteCompilation> {
  const bad = checkDestination(host.target);
  if (bad !== undefined) {
    throw new ProblemError(bad);
  }
  const roots = distinctRoots([dirname(request.source), ...request.includeDirs]);
  const files = await collect(roots);
  const archive = createTar([...files, { path: 'build.sh', data: Buffer.from(buildScript(request, roots)) }]);
  const nonce = randomBytes(16).toString('hex');
  const child = await startSsh({ target: host.target, ...options }, shellCommand(SCRIPT, [nonce]));
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > MAX_OUTPUT_BYTES) {
      child.kill('SIGKILL');
    }
  });
  child.stdin.end(archive);
  const exit = await child.exited;
  throwIfCancelled(options.signal, 'The build');
  if (exit.code === 255) {
    throw new ProblemError(classifySshFailure(host.target, child.stderr));
  }
  if (exit.code === NO_CLANG) {
    throw new ProblemError({
      code: 'clangMissing',
      message: `There is no clang on this machine, nor on ${host.label}.`,
      action: 'Install clang on either, or set sockmap.clang.path.',
    });
  }
  const result = parseOutput(Buffer.concat(chunks), nonce);
  if (result === undefined) {
    throw new ProblemError({
      code: 'compile',
      message: `${host.label} could not run the build.`,
      action: 'It needs sh, tar, mktemp and room in /tmp.',
      detail: child.stderr.trim(),
    });
  }
  return { ...result, stderr: mapPaths(result.stderr, roots) };
}

/** Folders that are not inside another one of the list. */
function distinctRoots(folders: readonly string[]): string[] {
  const inside = (folder: string, other: string) => folder !== other && folder.startsWith(other + sep);
  return [...new Set(folders)].filter(folder => !folders.some(other => inside(folder, other)));
}

function remotePath(file: string, roots: readonly string[]): string {
  const index = roots.findIndex(root => file === root || file.startsWith(root + sep));
  const rest = relative(roots[index] ?? '', file)
    .split(sep)
    .join('/');
  return rest === '' ? `root${String(index)}` : `root${String(index)}/${rest}`;
}

async function collect(roots: readonly string[]): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  let total = 0;
  async function visit(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED_FOLDERS.has(entry.name)) {
        await visit(path);
      } else if (entry.isFile() && SOURCE_FILE.test(entry.name)) {
        const data = await readFile(path);
        total += data.length;
        if (total > MAX_SOURCE_BYTES || entries.length >= MAX_FILES) {
          throw new ProblemError({
            code: 'compile',
            message: `The C files below ${roots.join(', ')} are more than ${String(MAX_SOURCE_BYTES >> 20)} MiB or ${String(MAX_FILES)} files, too many to build on another host.`,
            action: 'Install clang on this machine, or keep the BPF sources in a folder of their own.',
          });
        }
        entries.push({ path: remotePath(path, roots), data });
      }
    }
  }
  for (const root of roots) {
    await visit(root);
  }
  return entries;
}

/** Called as `build.sh CLANG FOLDER` on the host. */
function buildScript(request: BuildRequest, roots: readonly string[]): string {
  const remote = (file: string) => `"$2"/${quotePosix(remotePath(file, roots))}`;
  const words = [
    ...CLANG_ARGUMENTS.map(quotePosix),
    // The verifier's log and BTF then name the files of this machine.
    ...roots.map(root => `-fdebug-prefix-map="$2"/${quotePosix(`${remotePath(root, roots)}=${root}`)}`),
    ...request.includeDirs.map(folder => `-I${remote(folder)}`),
    ...request.flags.map(quotePosix),
    '$idirafter',
    '-c',
    remote(request.source),
    '-o',
    '"$2"/out.o',
  ];
  return `idirafter=
for i in "/usr/include/$(uname -m)-linux-gnu"; do
	if [ -d "$i" ]; then idirafter="-idirafter $i"; fi
done
cd ${remote(dirname(request.source))} || exit 1
exec "$1" ${words.join(' ')}
`;
}

function parseOutput(stdout: Buffer, nonce: string): RemoteCompilation | undefined {
  const start = stdout.indexOf(`${MARKER} ${nonce} `);
  const end = start < 0 ? -1 : stdout.indexOf(0x0a, start);
  if (end < 0) {
    return undefined;
  }
  const numbers = stdout.toString('latin1', start, end).split(/\s+/).slice(2).map(Number);
  const [exitCode = NaN, stderrBytes = NaN, objectBytes = NaN] = numbers;
  const body = stdout.subarray(end + 1);
  if (!Number.isInteger(exitCode) || body.length !== stderrBytes + objectBytes) {
    return undefined;
  }
  return {
    exitCode,
    stderr: body.toString('utf8', 0, stderrBytes),
    object: body.subarray(stderrBytes),
  };
}

function mapPaths(stderr: string, roots: readonly string[]): string {
  const temporary = /\/\S*?\/sockmap-build\.\w{6}\/root(\d+)/g;
  return stderr.replace(temporary, (whole, index: string) => roots[Number(index)] ?? whole);
}
