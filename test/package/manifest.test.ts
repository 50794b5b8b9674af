// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  COMMANDS,
  CONTEXT_KEYS,
  PANEL_CONTAINER,
  SETTINGS,
  SETTING_SECTION,
  VIEWS,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../../extension/contrib/ids';
import { MENU_KEYS } from '../../extension/protocol/verifierPanel';
import { checkout } from '../rig/checkout';
import {
  conditionsOf,
  keysOf,
  type Manifest,
  manifestStrings,
  readManifest,
  readTexts,
  settingsOf,
} from './manifest';

/** Context keys that VS Code itself sets and we use. */
const workbenchKeys = [
  'activeWebviewPanelId',
  'view',
  'viewItem',
  'focusedView',
  'listFocus',
  'inputFocus',
  'isWorkspaceTrusted',
  'workspaceFolderCount',
  'resourceLangId',
  'resourceExtname',
  'resourceFilename',
  'resourceScheme',
  'editorLangId',
  'editorTextFocus',
  'virtualWorkspace',
  'workspacePlatform',
  'remoteName',
  'webviewId',
];

const sorted = (values: Iterable<string>): string[] => [...values].sort();
const isThemeIcon = (icon: string): boolean => /^\$\([a-z0-9~-]+\)$/.test(icon);

describe('package.json', () => {
  let manifest: Manifest;
  let texts: Record<string, string>;

  beforeAll(async () => {
    [manifest, texts] = await Promise.all([readManifest(), readTexts()]);
  });

  it('contributes the commands that the code declares, each once', () => {
    const contributed = manifest.contributes.commands.map(command => command.command);
    expect(sorted(contributed)).toEqual(sorted(Object.values(COMMANDS)));
  });

  it('gives every command a localized title and the category', () => {
    for (const command of manifest.contributes.commands) {
      expect(command, command.command).toMatchObject({ category: 'Sockmap' });
      expect(command.title, command.command).toMatch(/^%.+%$/);
    }
  });

  it('names only its own commands in menus, welcome views and walkthroughs', () => {
    // The workbench makes a command that focuses each view.
    const focus = Object.values(VIEWS).map(view => `${view}.focus`);
    const known = new Set<string>([...Object.values(COMMANDS), ...focus]);
    const inMenus = Object.values(manifest.contributes.menus)
      .flat()
      .flatMap(entry => entry.command ?? []);
    const links = [
      ...Object.values(texts),
      ...manifest.contributes.viewsWelcome.map(({ contents }) => contents),
    ]
      .flatMap(text => [...text.matchAll(/\(command:([\w.]+)/g)])
      .flatMap(([, command]) => command ?? []);
    const foreign = [...inMenus, ...links].filter(id => id.startsWith('sockmap.') && !known.has(id));
    expect(foreign).toEqual([]);
    expect(inMenus.filter(id => !id.startsWith('sockmap.'))).toEqual([]);
  });

  it('binds keys only to its own commands, and only while a view of ours has the focus', () => {
    const known = new Set<string>(Object.values(COMMANDS));
    for (const { command, when } of manifest.contributes.keybindings) {
      expect(known, command).toContain(command);
      expect(keysOf(when ?? ''), command).toEqual(expect.arrayContaining(['focusedView', 'inputFocus']));
    }
  });

  it('offers what starts the extension before it has told whether there are hosts', () => {
    const palette = manifest.contributes.menus['commandPalette'] ?? [];
    const enablement = (id: string) => manifest.contributes.commands.find(c => c.command === id)?.enablement;
    for (const key of [
      'connect',
      'detach',
      'verify',
      'verifyAllHosts',
      'removeHost',
      'editPolicy',
    ] as const) {
      const id = COMMANDS[key];
      const early = /\(!sockmap\.active( \|\| sockmap\.has\w+)+\)/;
      expect(palette.find(entry => entry.command === id)?.when, key).toMatch(early);
      expect(enablement(id) ?? '!sockmap.active', key).toContain('!sockmap.active');
    }
  });

  it('offers what works on attachments while it is not known what is attached on some host', () => {
    const palette = manifest.contributes.menus['commandPalette'] ?? [];
    for (const key of ['detach', 'capture', 'editPolicy'] as const) {
      expect(palette.find(entry => entry.command === COMMANDS[key])?.when, key).toContain(
        'sockmap.hasIdleHost',
      );
    }
  });

  it('has no condition on the scheme of a file that fails in a remote window', () => {
    const schemes = conditionsOf(manifest).filter(text => text.includes('resourceScheme'));
    expect(schemes.length).toBeGreaterThan(0);
    expect(schemes.filter(text => !text.includes('resourceScheme =~ /^(file|vscode-remote)$/'))).toEqual([]);
  });

  it('lists a command at most once for the palette, and says when', () => {
    const palette = manifest.contributes.menus['commandPalette'] ?? [];
    const ids = palette.map(entry => entry.command);
    expect(new Set(ids).size).toBe(ids.length);
    expect(palette.filter(entry => entry.when === undefined)).toEqual([]);
  });

  it('contributes the views and the walkthrough that the code declares', () => {
    expect(Object.keys(manifest.contributes.views)).toEqual([VIEW_CONTAINER, PANEL_CONTAINER]);
    const views = Object.values(manifest.contributes.views).flat();
    expect(sorted(views.map(view => view.id))).toEqual(sorted(Object.values(VIEWS)));
    const containers = Object.values(manifest.contributes.viewsContainers).flat();
    expect(containers.map(container => container.id)).toEqual([VIEW_CONTAINER, PANEL_CONTAINER]);
    expect(manifest.contributes.walkthroughs.map(walkthrough => walkthrough.id)).toEqual([WALKTHROUGH]);
  });

  it('contributes the settings that the code reads', () => {
    const wanted = SETTINGS.map(name => `${SETTING_SECTION}.${name}`);
    expect(sorted(Object.keys(settingsOf(manifest)))).toEqual(sorted(wanted));
  });

  it('gives every setting a default, a scope and a localized description', () => {
    for (const [name, setting] of Object.entries(settingsOf(manifest))) {
      expect(setting, name).toHaveProperty('default');
      expect(setting.scope, name).toMatch(
        /^(application|machine|machine-overridable|window|resource|language-overridable)$/,
      );
      expect(setting.markdownDescription ?? setting.description, name).toMatch(/^%.+%$/);
    }
  });

  it('has a text for every key, and a use for every text', async () => {
    const used = (await manifestStrings()).flatMap(text => /^%(.+)%$/.exec(text)?.[1] ?? []);
    expect(sorted(new Set(used))).toEqual(sorted(Object.keys(texts)));
  });

  it('uses only context keys that somebody sets', () => {
    const known = new Set<string>([
      ...workbenchKeys,
      ...Object.values(CONTEXT_KEYS),
      ...Object.values(MENU_KEYS),
    ]);
    const settings = new Set(Object.keys(settingsOf(manifest)).map(name => `config.${name}`));
    const unknown = conditionsOf(manifest)
      .flatMap(keysOf)
      .filter(key => !known.has(key) && !settings.has(key));
    expect(sorted(new Set(unknown))).toEqual([]);
  });

  it('uses every context key that the code sets', () => {
    const used = new Set(conditionsOf(manifest).flatMap(keysOf));
    expect(Object.values(CONTEXT_KEYS).filter(key => !used.has(key))).toEqual([]);
  });

  it('names icons and pictures that exist', () => {
    const { commands, viewsContainers, views, walkthroughs } = manifest.contributes;
    const icons = [
      ...commands.flatMap(command => command.icon ?? []),
      ...Object.values(viewsContainers).flatMap(containers => containers.map(container => container.icon)),
      ...Object.values(views).flatMap(all => all.flatMap(view => view.icon ?? [])),
    ].filter(icon => !isThemeIcon(icon));
    const media = walkthroughs.flatMap(({ steps }) =>
      steps.flatMap(step =>
        [step.media['image'], step.media['svg'], step.media['markdown']].flatMap(file => file ?? []),
      ),
    );
    const files = [manifest.icon, ...icons, ...media];
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter(file => !existsSync(join(checkout, file)))).toEqual([]);
  });

  it('reads the keys of a condition', () => {
    expect(keysOf("view == sockmap.hosts && !a.b || c =~ /^host\\.(x|y)/ && d != 'e f'")).toEqual([
      'view',
      'a.b',
      'c',
      'd',
    ]);
  });
});
