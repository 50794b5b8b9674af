// SPDX-License-Identifier: Apache-2.0
/** The parts of the `vscode` module that unit tests of extension/ui run into; everything else is tested in the real one. */

import { join } from 'node:path';
import { Emitter } from '../../extension/core/util/emitter';
import { FakeInputBox, FakeQuickPick } from './fakeInput';

interface Progress {
  report(value: object): void;
}
interface Token {
  onCancellationRequested(listener: () => void): object;
}

const disposable = { dispose: () => undefined };
const nothing: (...args: unknown[]) => Promise<unknown> = () => Promise.resolve(undefined);
const follow: (listener: (event: object) => void) => object = () => disposable;
const register: (id: string, handler: (...args: unknown[]) => unknown) => object = () => disposable;

export const l10n = {
  t(message: string, ...args: unknown[]): string {
    return message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)]));
  },
};

export class CancellationError extends Error {}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}

export class MarkdownString {
  constructor(public value = '') {}

  appendMarkdown(text: string): this {
    this.value += text;
    return this;
  }

  appendCodeblock(text: string): this {
    this.value += `\n\`\`\`\n${text}\n\`\`\`\n`;
    return this;
  }
}

export class EventEmitter<T> {
  readonly #emitter = new Emitter<T>();
  readonly event = this.#emitter.event;

  fire(value: T): void {
    this.#emitter.fire(value);
  }

  dispose(): void {
    this.#emitter.dispose();
  }
}

/** A view that is looked at; a test opens, closes and selects in its place. */
export class FakeTreeView<T> {
  readonly expanded = new Emitter<{ readonly element: T }>();
  readonly collapsed = new Emitter<{ readonly element: T }>();
  readonly onDidExpandElement = this.expanded.event;
  readonly onDidCollapseElement = this.collapsed.event;
  readonly onDidChangeVisibility = new Emitter<{ readonly visible: boolean }>().event;
  readonly revealed: T[] = [];
  readonly visible = true;
  selection: readonly T[] = [];
  description = '';
  message = '';

  reveal(element: T): Promise<void> {
    this.revealed.push(element);
    return Promise.resolve();
  }

  dispose(): void {
    this.expanded.dispose();
    this.collapsed.dispose();
  }
}

export class FakeStatusBarItem {
  shown = false;
  text = '';
  tooltip: unknown;
  command: unknown;
  accessibilityInformation: unknown;

  show(): void {
    this.shown = true;
  }

  hide(): void {
    this.shown = false;
  }

  dispose(): void {
    this.shown = false;
  }
}

export const StatusBarAlignment = { Left: 1, Right: 2 } as const;

/** Each test says with `vi.spyOn` what a person answers. */
export const window = {
  activeTextEditor: undefined,
  showInformationMessage: nothing,
  showWarningMessage: nothing,
  showErrorMessage: nothing,
  showOpenDialog: nothing,
  showSaveDialog: nothing,
  showTextDocument: nothing,
  setStatusBarMessage: nothing,
  createTerminal: (options: { name: string }) => ({ ...options, show: () => undefined }),
  onDidCloseTerminal: follow,
  createTreeView: (): unknown => new FakeTreeView(),
  createStatusBarItem: (): unknown => new FakeStatusBarItem(),
  createQuickPick: () => new FakeQuickPick(),
  createInputBox: () => new FakeInputBox(),
  withProgress: <T>(_options: object, task: (progress: Progress, token: Token) => Promise<T>): Promise<T> =>
    task({ report: () => undefined }, { onCancellationRequested: () => disposable }),
};

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined,
  get textDocuments(): readonly object[] {
    return [];
  },
  getConfiguration: (): object => ({ get: () => undefined, inspect: () => undefined }),
  getWorkspaceFolder: () => undefined,
  asRelativePath: (path: string) => path,
  findFiles: () => Promise.resolve([]),
  registerFileSystemProvider: () => disposable,
  onDidCloseTextDocument: follow,
  onDidChangeTextDocument: follow,
  onDidChangeConfiguration: follow,
  onDidGrantWorkspaceTrust: follow,
};

export const commands = {
  registerCommand: register,
  executeCommand: nothing,
};

export const UIKind = { Desktop: 1, Web: 2 } as const;
export const env = {
  clipboard: { writeText: nothing },
  openExternal: nothing,
  uiKind: UIKind.Desktop,
  get remoteName(): string | undefined {
    return undefined;
  },
};

export const ConfigurationTarget = { Global: 1, Workspace: 2 } as const;
export const ProgressLocation = { Notification: 15 } as const;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const;
export const QuickInputButtons = { Back: {} };

interface UriParts {
  readonly scheme: string;
  readonly path: string;
  readonly query?: string;
}

export class Uri {
  private constructor(
    readonly scheme: string,
    readonly path: string,
    readonly query = '',
  ) {}

  static from({ scheme, path, query }: UriParts): Uri {
    return new Uri(scheme, path, query);
  }

  static file(path: string): Uri {
    return new Uri('file', path);
  }

  static joinPath(base: Uri, ...parts: readonly string[]): Uri {
    return Uri.file(join(base.path, ...parts));
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `${this.scheme}:${this.path}${this.query === '' ? '' : `?${this.query}`}`;
  }
}

export const FileType = { File: 1 } as const;

export class FileSystemError extends Error {
  static FileNotFound(): FileSystemError {
    return new FileSystemError('not found');
  }

  static Unavailable(message: string): FileSystemError {
    return new FileSystemError(message);
  }
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
}

export class Location {
  constructor(
    readonly uri: Uri,
    readonly range: Range,
  ) {}
}

export const DiagnosticSeverity = { Error: 0, Warning: 1, Information: 2, Hint: 3 } as const;

export class Diagnostic {
  constructor(
    readonly range: Range,
    readonly message: string,
    readonly severity: number,
  ) {}
}

export class DiagnosticRelatedInformation {
  constructor(
    readonly location: Location,
    readonly message: string,
  ) {}
}

/** What is in the Problems panel, by file. */
export class FakeDiagnosticCollection<T extends object> {
  readonly #all = new Map<string, readonly T[]>();

  set({ path }: Uri, diagnostics: readonly T[]): void {
    this.#all.set(path, diagnostics);
  }

  delete({ path }: Uri): void {
    this.#all.delete(path);
  }

  /** As the real one: nothing for a file that it does not know. */
  get({ path }: Uri): readonly T[] | undefined {
    return this.#all.get(path);
  }

  dispose(): void {
    this.#all.clear();
  }
}

export const languages = {
  createDiagnosticCollection: (): unknown => new FakeDiagnosticCollection(),
};
