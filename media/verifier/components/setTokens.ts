// SPDX-License-Identifier: Apache-2.0
import { type ElementPart, noChange } from 'lit';
import { Directive, directive } from 'lit/directive.js';
import type { MarkedToken } from '../model/matches';

/**
 * Puts the coloured parts of a row into an element. While the scrollbar is dragged all rows are others in each frame,
 * with some thousand parts: made by templates, these would take longer than a frame.
 */
class SetTokens extends Directive {
  render(...[]: [tokens: readonly MarkedToken[], badge: string]): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [tokens, badge]: [readonly MarkedToken[], string]): typeof noChange {
    const parts = tokens.map(partOf);
    if (badge !== '') parts.push(span('folded-count', badge));
    part.element.replaceChildren(...parts);
    return noChange;
  }
}

export const setTokens = directive(SetTokens);

function partOf({ kind, text, match, register, slot }: MarkedToken): Node | string {
  if (kind === 'plain' && !match) return text;
  const part = span(`t-${kind}${match ? ' match' : ''}`, text);
  if (register !== undefined) part.dataset['register'] = String(register);
  if (slot !== undefined) part.dataset['slot'] = String(slot);
  return part;
}

function span(shape: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = shape;
  element.textContent = text;
  return element;
}
