// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../extension/contrib/ids';
import { checkout } from '../rig/checkout';
import { type Manifest, readManifest, readTexts, settingsOf } from './manifest';

const PAGES = ['README.md', 'CHANGELOG.md', 'agent/README.md', 'bpf/README.md', 'bpf/MEASUREMENTS.md'];

/** As the Markdown preview and repository hosts make the anchor of a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading));

const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter(link => !/^[a-z]+:/.test(link));

describe('the documents', () => {
  const texts = new Map<string, string>();
  let manifest: Manifest;

  beforeAll(async () => {
    manifest = await readManifest();
    const guide = await readdir(join(checkout, 'media', 'guide'));
    for (const page of [...PAGES, ...guide.map(name => `media/guide/${name}`)])
      texts.set(page, await readFile(join(checkout, page), 'utf8'));
  });

  it('link to pages and headings that exist', () => {
    const broken: string[] = [];
    for (const [page, text] of texts) {
      for (const link of linksOf(text)) {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(dirname(page), path));
        const isThere = existsSync(join(checkout, target));
        if (!isThere || (anchor !== undefined && !anchorsOf(texts.get(target) ?? '').includes(anchor)))
          broken.push(`${page}: ${link}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('lead from the guide only to pages that are shipped with it', () => {
    const outside = [...texts]
      .filter(([page]) => page.startsWith('media/guide/'))
      .flatMap(([page, text]) => linksOf(text).map(link => `${page}: ${link}`))
      .filter(link => link.includes('../'));
    expect(outside).toEqual([]);
  });

  it('name settings that exist, and the README each with its default', () => {
    const known = new Set<string>(Object.keys(settingsOf(manifest)));
    const named = [...texts].flatMap(([page, text]) =>
      [...text.matchAll(/`(sockmap\.[\w.]+)`/g)].map(([, name = '']) => `${page}: ${name}`),
    );
    expect(named.filter(name => !known.has(name.replace(/^.*: /, '')))).toEqual([]);
    const readme = texts.get('README.md') ?? '';
    for (const name of SETTINGS) {
      const value = settingsOf(manifest)[`sockmap.${name}`]?.default;
      const shown =
        value === '' ? '_(none)_' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
      expect(readme, name).toMatch(
        new RegExp(
          `\\| \`sockmap\\.${name.replace('.', '\\.')}\` +\\| ${shown.replace(/[()[\]]/g, '\\$&')} +\\|`,
        ),
      );
    }
  });

  it('the README names every command of the palette', async () => {
    const titles = await readTexts();
    const readme = texts.get('README.md') ?? '';
    const hidden = new Set(
      manifest.contributes.menus['commandPalette']
        ?.filter(entry => entry.when === 'false')
        .map(entry => entry.command),
    );
    const names = manifest.contributes.commands
      .filter(({ command }) => !hidden.has(command))
      .map(({ title }) => titles[title.slice(1, -1)] ?? title)
      // The table has some of them together: `Open Verifier Log in Editor, …as Text`.
      .filter(name => !readme.includes(name.replace('…', '')) && !name.endsWith('as Text'));
    expect(names).toEqual([]);
  });
});
