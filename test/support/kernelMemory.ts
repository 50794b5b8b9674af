// SPDX-License-Identifier: Apache-2.0
import * as v from 'valibot';
import type { Attachment } from '../../extension/protocol/agent';
import { here, type Machine, runOn } from './machine';

const mapDescription = v.looseObject({ bytes_memlock: v.number() });

/** Bytes that each map of an attachment takes, by name, as the kernel accounts for them (`memlock` in fdinfo). */
export async function mapMemory(
  attachment: Attachment,
  machine: Machine = here,
): Promise<Readonly<Record<string, number>>> {
  const sizes: [string, number][] = [];
  for (const { id, name } of attachment.maps) {
    const text = await runOn(machine, 'bpftool', '-j', 'map', 'show', 'id', String(id));
    sizes.push([name, v.parse(mapDescription, JSON.parse(text)).bytes_memlock]);
  }
  return Object.fromEntries(sizes);
}

/**
 * Bytes of live objects in the kernel's general slabs (slabinfo(5)), where socket storage, psocks and queued
 * messages are kept. The whole machine's: only growth beyond its noise says something.
 */
export async function slabBytes(machine: Machine = here): Promise<number> {
  let bytes = 0;
  for (const line of (await machine.read('/proc/slabinfo')).split('\n')) {
    const [name = '', live, , size] = line.split(/\s+/);
    if (/^kmalloc-\d+k?$/.test(name)) bytes += Number(live) * Number(size);
  }
  return bytes;
}
