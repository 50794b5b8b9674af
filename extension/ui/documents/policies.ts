// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { POLICY_SCHEME } from '../../contrib/ids';
import { POLICY_HINTS, mistakeSpan } from '../../core/policyText';
import { ProblemError } from '../../core/problem';
import { type Disposable, DisposableStore } from '../../core/util/disposable';
import { AgentError, type Host } from '../../host/api';
import type { AgentErrorData, PolicyResult } from '../../protocol/agent';
import { reportOf } from '../errors';
import type { HostModels } from '../model/hostModels';

/** By it VS Code knows the language that package.json contributes. */
const SUFFIX = '.sockmap-policy';

/** What the last reading found: the kernel keeps no time of change. */
interface Seen {
  readonly content: Uint8Array;
  readonly mtime: number;
}

/**
 * Policies of attachments as documents that can be saved: what is read is in force, and what is saved is put in force
 * by one switch or refused whole. A policy that somebody else set meanwhile is newer than the document, and not overwritten
 * without a question.
 */
export class Policies implements vscode.FileSystemProvider, Disposable {
  readonly #models: HostModels;
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  readonly #problems = this.#store.add(vscode.languages.createDiagnosticCollection('sockmap policy'));
  readonly #seen = new Map<string, Seen>();
  /** What VS Code read or wrote last, and so what its document goes by. */
  readonly #known = new Map<string, Seen>();
  /** Documents that VS Code was told of from memory, as their host was not connected: nobody knows what is in force. */
  readonly #recalled = new Set<string>();
  readonly onDidChangeFile = this.#changed.event;

  constructor(models: HostModels) {
    this.#models = models;
    this.#store.add(
      vscode.workspace.registerFileSystemProvider(POLICY_SCHEME, this, { isCaseSensitive: true }),
    );
    this.#store.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === POLICY_SCHEME) {
          const key = uri.toString();
          this.#problems.delete(uri);
          this.#seen.delete(key);
          this.#known.delete(key);
          this.#recalled.delete(key);
        }
      }),
    );
    this.#store.add(
      // A file of the workspace is not put in force when it is saved: its mark ends when it is changed.
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (document.uri.scheme !== POLICY_SCHEME && contentChanges.length > 0) {
          this.#problems.delete(document.uri);
        }
      }),
    );
  }

  /** Marks a mistake in a document or file that holds a policy; line and column count from 1. */
  mark(
    uri: vscode.Uri,
    text: string,
    mistake: { line: number; column: number; message: string },
  ): vscode.Range {
    const { line, start, end } = mistakeSpan(text, mistake.line, mistake.column);
    const range = new vscode.Range(line, start, line, end);
    const diagnostic = new vscode.Diagnostic(range, mistake.message);
    diagnostic.source = 'sockmap policy';
    this.#problems.set(uri, [diagnostic]);
    return range;
  }

  unmark(uri: vscode.Uri): void {
    this.#problems.delete(uri);
  }

  /** Opens the policy of an attachment; rejects as the agent does when it takes none. */
  async open(host: Host, name: string, signal?: AbortSignal): Promise<void> {
    const client = await host.connect(signal);
    const uri = uriOf(host, name);
    const before = this.#seen.get(uri.toString());
    if (this.#see(uri, await client.request('policyGet', { name })) !== before) {
      // One that is open already is read again.
      this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    }
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { content, mtime } = await this.#read(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime, size: content.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const seen = await this.#read(uri);
    this.#known.set(uri.toString(), seen);
    return seen.content;
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const text = new TextDecoder().decode(content);
    const { model, name } = this.#target(uri);
    const recalled = this.#recalled.has(uri.toString());
    if (recalled) {
      await this.#ask(uri);
    }
    this.#refuseOverwriting(uri, recalled);
    try {
      const client = await model.host.connect();
      const result = await client.request('policySet', { name, text });
      this.#problems.delete(uri);
      this.#known.set(uri.toString(), this.#see(uri, result));
      void vscode.window.setStatusBarMessage(savedText(result), 5000);
    } catch (error) {
      this.#refused(uri, text, error);
      throw fault(uri, error);
    } finally {
      model.request();
    }
  }

  watch(): Disposable {
    return { dispose: () => undefined };
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.FileNotADirectory(uri);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.#store.dispose();
  }

  /**
   * VS Code reads what is visible whenever its window gets the focus, which is no wish to connect: a host that was
   * disconnected stays so. Only a document that was never read, as after a reload of the window, connects its host.
   */
  async #read(uri: vscode.Uri): Promise<Seen> {
    const { client, state } = this.#target(uri).model.host;
    const seen = this.#seen.get(uri.toString());
    if (client === undefined && seen !== undefined) {
      this.#recalled.add(uri.toString());
      return seen;
    }
    if (client === undefined && state.kind === 'failed') {
      throw fault(uri, new ProblemError(state.problem));
    }
    return this.#ask(uri);
  }

  async #ask(uri: vscode.Uri): Promise<Seen> {
    const { model, name } = this.#target(uri);
    try {
      const client = await model.host.connect();
      return this.#see(uri, await client.request('policyGet', { name }));
    } catch (error) {
      throw fault(uri, error);
    }
  }

  #see(uri: vscode.Uri, { name, text }: PolicyResult): Seen {
    const content = new TextEncoder().encode(text.trim() === '' ? hints(name) : text);
    const before = this.#seen.get(uri.toString());
    this.#recalled.delete(uri.toString());
    if (before !== undefined && Buffer.compare(before.content, content) === 0) {
      return before;
    }
    const seen = { content, mtime: Math.max(Date.now(), (before?.mtime ?? 0) + 1) };
    this.#seen.set(uri.toString(), seen);
    return seen;
  }

  /**
   * VS Code has just asked for time and size. It takes a newer one of the same size for unchanged
   * (FileService.doValidateWriteFile) and does not ask; any other it has asked about, unless it was told an old one.
   */
  #refuseOverwriting(uri: vscode.Uri, recalled: boolean): void {
    const key = uri.toString();
    const seen = this.#seen.get(key);
    const known = this.#known.get(key);
    if (seen === undefined || known === undefined || seen === known) {
      return;
    }
    this.#known.set(key, seen);
    if (recalled || seen.content.length === known.content.length) {
      throw vscode.FileSystemError.Unavailable(
        vscode.l10n.t(
          'Somebody else changed this policy meanwhile. Save again to overwrite it, or revert the file to read it.',
        ),
      );
    }
  }

  #refused(uri: vscode.Uri, text: string, error: unknown): void {
    const data = error instanceof AgentError ? error.data : undefined;
    if (data?.kind !== 'badPolicy' || !(error instanceof Error)) {
      return;
    }
    this.mark(uri, text, mistakeOf(error, data));
  }

  #target(uri: vscode.Uri) {
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1).slice(0, -SUFFIX.length);
    const model = vscode.workspace.isTrusted ? this.#models.get(uri.query) : undefined;
    if (model === undefined) {
      throw vscode.FileSystemError.FileNotFound(uri);
    }
    return { model, name };
  }
}

/** Where the agent found a mistake in a policy, and its words without the place. */
export function mistakeOf(
  { message }: Error,
  { line = 1, column = 1 }: AgentErrorData,
): { readonly line: number; readonly column: number; readonly message: string } {
  return { line, column, message: message.replace(/^Line \d+, column \d+: /, '') };
}

function uriOf(host: Host, name: string): vscode.Uri {
  const { id, label } = host.definition;
  const path = `/${label.replace(/[/\\?#]+/g, '_')}/${name}${SUFFIX}`;
  return vscode.Uri.from({ scheme: POLICY_SCHEME, path, query: id });
}

function hints(name: string): string {
  const first = vscode.l10n.t(
    '# {0} has no policy: every local connection is redirected. Rules look like these:',
    name,
  );
  return `${[first, ...POLICY_HINTS].join('\n')}\n`;
}

function savedText({ name, rules }: PolicyResult): string {
  return rules.length === 1
    ? vscode.l10n.t('$(check) {0}: 1 rule holds for new connections', name)
    : vscode.l10n.t('$(check) {0}: {1} rules hold for new connections', name, rules.length);
}

function fault(uri: vscode.Uri, error: unknown): vscode.FileSystemError {
  if (error instanceof AgentError && error.data?.kind === 'notFound') {
    return vscode.FileSystemError.FileNotFound(uri);
  }
  return vscode.FileSystemError.Unavailable(reportOf(error).message);
}
