// SPDX-License-Identifier: Apache-2.0
export interface ZipEntry {
  readonly name: string;
  /** Bytes once unpacked. */
  readonly size: number;
  /** Unix mode with type bits; 0 when the archive holds none. */
  readonly mode: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;

/** Reads the central directory of a ZIP archive (APPNOTE.TXT 4.3.12 and 4.3.16; no ZIP64). */
export function zipEntries(archive: Buffer): ZipEntry[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== endSignature) end -= 1;
  if (end < 0) throw new Error('this is no ZIP archive.');
  const count = archive.readUInt16LE(end + 10);
  const entries: ZipEntry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new Error('the ZIP directory is damaged.');
    const nameLength = archive.readUInt16LE(at + 28);
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + nameLength),
      size: archive.readUInt32LE(at + 24),
      mode: archive.readUInt32LE(at + 38) >>> 16,
    });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}
