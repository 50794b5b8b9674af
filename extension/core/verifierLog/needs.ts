// SPDX-License-Identifier: Apache-2.0

/** Bytes of a stack slot. */
const SLOT = 8;
export const WHOLE_SLOT = (1 << SLOT) - 1;

/** Bytes of the stack, from the frame pointer. */
export interface StackPlace {
  readonly frame: number;
  readonly offset: number;
  readonly size: number;
}

/** Bytes of one slot: bit n for the byte n above its offset. */
export interface SlotBytes {
  readonly slot: number;
  readonly bytes: number;
}

interface FrameNeeds {
  registers: number;
  /** By slot, its bytes. */
  readonly slots: Map<number, number>;
}

/** What is still wanted, of each frame, while walking back through a program. */
export class Needs {
  readonly #frames = new Map<number, FrameNeeds>();
  #registersAndSlots = 0;
  #slots = 0;

  get none(): boolean {
    return this.#registersAndSlots === 0;
  }

  get anySlot(): boolean {
    return this.#slots > 0;
  }

  /** Bit n for rn. */
  registers(frame: number): number {
    return this.#frames.get(frame)?.registers ?? 0;
  }

  addRegisters(frame: number, mask: number): void {
    if (mask === 0) return;
    const needs = this.#of(frame);
    this.#registersAndSlots += bits(mask & ~needs.registers);
    needs.registers |= mask;
  }

  dropRegisters(frame: number, mask: number): void {
    const needs = this.#frames.get(frame);
    if (!needs) return;
    this.#registersAndSlots -= bits(mask & needs.registers);
    needs.registers &= ~mask;
  }

  addBytes(frame: number, { slot, bytes }: SlotBytes): void {
    const { slots } = this.#of(frame);
    const known = slots.get(slot) ?? 0;
    if (known === 0) this.#count(1);
    slots.set(slot, known | bytes);
  }

  /** Gives the bytes of these that were wanted. */
  dropBytes(frame: number, { slot, bytes }: SlotBytes): number {
    const slots = this.#frames.get(frame)?.slots;
    const known = slots?.get(slot) ?? 0;
    if ((known & bytes) === 0) return 0;
    if ((known & ~bytes) === 0) {
      slots?.delete(slot);
      this.#count(-1);
    } else slots?.set(slot, known & ~bytes);
    return known & bytes;
  }

  forget(frame: number): void {
    const needs = this.#frames.get(frame);
    if (!needs) return;
    this.#registersAndSlots -= bits(needs.registers);
    this.#count(-needs.slots.size);
    this.#frames.delete(frame);
  }

  #count(slots: number): void {
    this.#registersAndSlots += slots;
    this.#slots += slots;
  }

  #of(frame: number): FrameNeeds {
    const known = this.#frames.get(frame);
    if (known) return known;
    const needs = { registers: 0, slots: new Map<number, number>() };
    this.#frames.set(frame, needs);
    return needs;
  }
}

/** The 8-byte slot of a byte, as the verifier names it: -1 to -8 are fp-8. */
export const slotOf = (offset: number): number => Math.floor(offset / SLOT) * SLOT;

/** The slots that an access lies in: two when it is not aligned. */
export function slotsOf({ offset, size }: StackPlace): SlotBytes[] {
  const parts: SlotBytes[] = [];
  for (let slot = slotOf(offset); slot < offset + size; slot += SLOT) {
    const from = Math.max(offset - slot, 0);
    const to = Math.min(offset + size - slot, SLOT);
    parts.push({ slot, bytes: (1 << to) - (1 << from) });
  }
  return parts;
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
