// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshVsix } from '../rig/vsix';
import { type ZipEntry, zipEntries } from './zip';

/** Every file that may be shipped; whatever else appears has to be decided on here. */
const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|package\.nls(\.[a-z-]+)?\.json)$/,
  /^extension\/(readme|changelog)\.md$/i,
  /^extension\/LICENSE(\.txt)?$/,
  /^extension\/dist\/extension\.js$/,
  /^extension\/dist\/media\/verifier\/(main\.(js|css)|codicon\.ttf)$/,
  /^extension\/dist\/agent\/(x86_64|aarch64)\/sockmap-agent$/,
  /^extension\/dist\/agent\/SHA256SUMS$/,
  /^extension\/dist\/bpf\/[a-z_]+\.bpf\.o$/,
  /^extension\/media\/[a-z/-]+\.(svg|png|md)$/,
  /^extension\/media\/policy\/(language|grammar)\.json$/,
];

const required = [
  'extension/package.json',
  'extension/package.nls.json',
  'extension/LICENSE.txt',
  'extension/readme.md',
  'extension/changelog.md',
  'extension/dist/extension.js',
  'extension/dist/media/verifier/main.js',
  'extension/dist/media/verifier/main.css',
  'extension/dist/media/verifier/codicon.ttf',
  'extension/media/policy/language.json',
  'extension/media/policy/grammar.json',
  'extension/media/guide/guide.md',
  'extension/dist/bpf/sockmap.bpf.o',
  'extension/dist/agent/x86_64/sockmap-agent',
  'extension/dist/agent/aarch64/sockmap-agent',
  'extension/dist/agent/SHA256SUMS',
];

const MiB = 1024 * 1024;

describe('the VSIX', () => {
  let path: string;
  let entries: ZipEntry[];

  beforeAll(async () => {
    path = await freshVsix();
    entries = zipEntries(await readFile(path));
  });

  it('holds nothing but what may be shipped', () => {
    const strange = entries.filter(entry => !allowed.some(pattern => pattern.test(entry.name)));
    expect(strange.map(entry => entry.name)).toEqual([]);
  });

  it.each(required)('holds %s', name => {
    expect(entries.map(entry => entry.name)).toContain(name);
  });

  it('holds no source, test, map or dot file', () => {
    const names = entries.map(entry => entry.name);
    const unwanted = /\.(ts|mts|mjs|map|c|h|tsbuildinfo)$|(^|\/)(test|out|node_modules)\/|\/\./;
    expect(names.filter(name => unwanted.test(name))).toEqual([]);
  });

  it('keeps the agents executable', () => {
    const agents = entries.filter(entry => entry.name.endsWith('/sockmap-agent'));
    expect(agents.map(agent => agent.mode & 0o111)).toEqual([0o111, 0o111]);
  });

  it('stays within its size budget', async () => {
    expect((await stat(path)).size).toBeLessThan(2 * MiB);
    const bundle = entries.find(entry => entry.name === 'extension/dist/extension.js');
    expect(bundle?.size).toBeLessThan(MiB / 2);
  });
});
