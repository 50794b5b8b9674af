// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { DisposableStore } from '../../core/util/disposable';
import type { StepPosition } from '../../core/wizard';

/** A separator has no value. */
export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value?: T;
}

export type Answer<T> =
  { readonly kind: 'value'; readonly value: T } | { readonly kind: 'back' } | { readonly kind: 'cancel' };

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly position?: StepPosition;
  /** The list, or how to get it; asked again at every change of the text when `live` is set. */
  readonly items:
    readonly PickItem<T>[] | ((typed: string, signal: AbortSignal) => Promise<readonly PickItem<T>[]>);
  /** The list depends on the text; VS Code filters it all the same unless an item says `alwaysShow`. */
  readonly live?: boolean;
}

const DEBOUNCE_MS = 150;

/** One step of a dialog as a QuickPick. Closing it aborts what loads; a failed load rejects. */
export async function pick<T>(options: PickOptions<T>): Promise<Answer<T>> {
  const store = new DisposableStore();
  const quickPick = store.add(vscode.window.createQuickPick<PickItem<T>>());
  chrome(quickPick, options);
  quickPick.placeholder = options.placeholder;
  quickPick.matchOnDescription = true;
  quickPick.matchOnDetail = true;
  try {
    return await new Promise<Answer<T>>((resolve, reject) => {
      const { items } = options;
      let abort = new AbortController();
      let shown = '';
      let timer: NodeJS.Timeout | undefined;
      const load = async (read: Exclude<typeof items, readonly PickItem<T>[]>) => {
        abort.abort();
        const own = (abort = new AbortController());
        quickPick.busy = true;
        try {
          const loaded = await read(quickPick.value, own.signal);
          if (!own.signal.aborted) {
            // What did not change is not set again: a click may be on its way.
            const fingerprint = JSON.stringify(loaded);
            if (fingerprint !== shown) {
              shown = fingerprint;
              quickPick.items = loaded;
            }
            quickPick.busy = false;
          }
        } catch (error) {
          if (!own.signal.aborted) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        }
      };
      store.add({
        dispose: () => {
          abort.abort();
          clearTimeout(timer);
        },
      });
      store.add(quickPick.onDidTriggerButton(() => resolve({ kind: 'back' })));
      store.add(quickPick.onDidHide(() => resolve({ kind: 'cancel' })));
      store.add(
        quickPick.onDidAccept(() => {
          const value = quickPick.selectedItems[0]?.value;
          if (value !== undefined) {
            resolve({ kind: 'value', value });
          }
        }),
      );
      if (typeof items === 'function') {
        if (options.live === true) {
          store.add(
            quickPick.onDidChangeValue(() => {
              clearTimeout(timer);
              timer = setTimeout(() => void load(items), DEBOUNCE_MS);
            }),
          );
        }
        void load(items);
      } else {
        quickPick.items = items;
      }
      quickPick.show();
    });
  } finally {
    store.dispose();
  }
}

export interface InputOptions {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  readonly position?: StepPosition;
  /** The complaint about a text, or undefined. */
  readonly check: (text: string) => string | undefined;
}

/** One step of a dialog as an InputBox. */
export async function input(options: InputOptions): Promise<Answer<string>> {
  const store = new DisposableStore();
  const box = store.add(vscode.window.createInputBox());
  chrome(box, options);
  box.prompt = options.prompt;
  box.placeholder = options.placeholder ?? '';
  box.value = options.value ?? '';
  try {
    return await new Promise<Answer<string>>(resolve => {
      const validate = (): boolean => {
        const complaint = options.check(box.value);
        box.validationMessage = complaint ?? '';
        return complaint === undefined;
      };
      store.add(box.onDidTriggerButton(() => resolve({ kind: 'back' })));
      store.add(box.onDidHide(() => resolve({ kind: 'cancel' })));
      store.add(box.onDidChangeValue(() => void validate()));
      store.add(
        box.onDidAccept(() => {
          if (validate()) {
            resolve({ kind: 'value', value: box.value });
          }
        }),
      );
      box.show();
    });
  } finally {
    store.dispose();
  }
}

function chrome(
  target: vscode.QuickInput & { buttons: readonly vscode.QuickInputButton[] },
  options: {
    readonly title: string;
    readonly position?: StepPosition;
  },
): void {
  target.title = options.title;
  target.ignoreFocusOut = true;
  const { position } = options;
  if (position !== undefined) {
    target.step = position.step;
    target.totalSteps = position.totalSteps;
    target.buttons = position.canGoBack ? [vscode.QuickInputButtons.Back] : [];
  }
}
