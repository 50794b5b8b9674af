// SPDX-License-Identifier: Apache-2.0
import { type ElementPart, noChange } from 'lit';
import { Directive, directive } from 'lit/directive.js';

/** Sets `--share` of an element. A `style` attribute would be refused by the page's content security policy. */
class SetShare extends Directive {
  render(...[]: [share: number]): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [share]: [number]): typeof noChange {
    (part.element as HTMLElement).style.setProperty('--share', String(share));
    return noChange;
  }
}

export const setShare = directive(SetShare);
