// SPDX-License-Identifier: Apache-2.0
import { Emitter } from '../../extension/core/util/emitter';

interface Item {
  readonly label: string;
  readonly kind?: number;
  readonly alwaysShow?: boolean;
}

/** A QuickPick as an extension meets it: what VS Code makes of new items is told later, as over its pipe. */
export class FakeQuickPick {
  /** Those that are shown, the last one in front. */
  static readonly open: FakeQuickPick[] = [];
  readonly #valueChanged = new Emitter<string>();
  readonly #activeChanged = new Emitter<readonly Item[]>();
  readonly #accepted = new Emitter<void>();
  readonly #hidden = new Emitter<void>();
  readonly #triggered = new Emitter<object>();
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidChangeActive = this.#activeChanged.event;
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidTriggerButton = this.#triggered.event;
  title = '';
  placeholder = '';
  busy = false;
  value = '';
  activeItems: readonly Item[] = [];
  selectedItems: readonly Item[] = [];
  #items: readonly Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  get items(): readonly Item[] {
    return this.#items;
  }

  set items(items: readonly Item[]) {
    this.#items = items;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#filter();
    }, 5);
  }

  show(): void {
    FakeQuickPick.open.push(this);
  }

  type(text: string): void {
    this.value = text;
    this.#filter();
    this.#valueChanged.fire(text);
  }

  enter(): void {
    this.selectedItems = this.activeItems.slice(0, 1);
    this.#accepted.fire();
  }

  choose(label: string): void {
    this.selectedItems = this.#items.filter(item => item.label.includes(label)).slice(0, 1);
    this.#accepted.fire();
  }

  hide(): void {
    this.#hidden.fire();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    FakeQuickPick.open.splice(FakeQuickPick.open.indexOf(this), 1);
  }

  #filter(): void {
    const shown = this.#items.filter(
      item => item.kind === undefined && (item.alwaysShow === true || item.label.includes(this.value)),
    );
    this.activeItems = shown.slice(0, 1);
    if (shown.length > 0) this.#activeChanged.fire(this.activeItems);
  }
}

/** An InputBox; the person types with {@link answer}. */
export class FakeInputBox {
  static readonly open: FakeInputBox[] = [];
  readonly #valueChanged = new Emitter<string>();
  readonly #accepted = new Emitter<void>();
  readonly #hidden = new Emitter<void>();
  readonly #triggered = new Emitter<object>();
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidTriggerButton = this.#triggered.event;
  title = '';
  prompt = '';
  value = '';
  validationMessage = '';

  show(): void {
    FakeInputBox.open.push(this);
  }

  answer(text: string): void {
    this.value = text;
    this.#valueChanged.fire(text);
    this.#accepted.fire();
  }

  dispose(): void {
    FakeInputBox.open.splice(FakeInputBox.open.indexOf(this), 1);
  }
}
