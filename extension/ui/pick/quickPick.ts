// SPDX-License-Identifier: Apache-2.0
import * as vscode from 'vscode';
import { DisposableStore } from '../../core/util/disposable';
import type { StepPosition } from '../../core/wizard';
import { LiveList, type ReadItems } from './liveList';

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
  readonly items: readonly PickItem<T>[] | ReadItems<T>;
  /** The list depends on the text; VS Code filters it all the same unless an item says `alwaysShow`. */
  readonly live?: boolean;
}

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
      const { items, live = false } = options;
      let list: LiveList<T> | undefined;
      if (typeof items === 'function') {
        list = store.add(new LiveList(quickPick, items, reject));
        if (live) {
          store.add(quickPick.onDidChangeValue(() => list?.readSoon()));
        }
        void list.read();
      } else {
        quickPick.items = items;
      }
      const accept = (value: T | undefined) => {
        if (value !== undefined) {
          resolve({ kind: 'value', value });
        }
      };
      store.add(quickPick.onDidTriggerButton(() => resolve({ kind: 'back' })));
      store.add(quickPick.onDidHide(() => resolve({ kind: 'cancel' })));
      store.add(
        quickPick.onDidAccept(() => {
          if (list !== undefined && live) {
            void list.accepted().then(accept);
          } else {
            accept(quickPick.selectedItems[0]?.value);
          }
        }),
      );
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
