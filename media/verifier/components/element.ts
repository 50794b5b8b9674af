// SPDX-License-Identifier: Apache-2.0
import { LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import type { Panel } from '../model/panel';

/** A component that shows a part of the panel and is drawn anew when the panel changes. */
export abstract class PanelElement extends LitElement {
  @property({ attribute: false })
  accessor panel!: Panel;

  #end: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = this.panel.subscribe(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.();
  }
}
