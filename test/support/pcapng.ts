// SPDX-License-Identifier: Apache-2.0

/** A block of pcapng of so many bytes, a multiple of 4 from 12 on, whose contents are zeros. */
export function block(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(6, 0);
  bytes.writeUInt32LE(size, 4);
  bytes.writeUInt32LE(size, size - 4);
  return bytes;
}
