// SPDX-License-Identifier: Apache-2.0

export interface TarEntry {
  /** Relative, `/` between the parts. */
  readonly path: string;
  readonly data: Uint8Array;
}

const BLOCK = 512;

/** A ustar archive (POSIX.1-1988, pax(1)) of plain files, mode 0600. Throws a RangeError for a path that ustar cannot hold. */
export function createTar(entries: readonly TarEntry[]): Uint8Array {
  const sizes = entries.map(entry => BLOCK + Math.ceil(entry.data.length / BLOCK) * BLOCK);
  const archive = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0) + 2 * BLOCK);
  let offset = 0;
  entries.forEach((entry, index) => {
    archive.set(header(entry), offset);
    archive.set(entry.data, offset + BLOCK);
    offset += sizes[index] ?? 0;
  });
  return archive;
}

function header(entry: TarEntry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const [prefix, name] = splitPath(entry.path);
  const octal = (value: number, width: number) => Buffer.from(value.toString(8).padStart(width - 1, '0'));
  block.set(name, 0);
  block.set(octal(0o600, 8), 100);
  block.set(octal(0, 8), 108);
  block.set(octal(0, 8), 116);
  block.set(octal(entry.data.length, 12), 124);
  block.set(octal(0, 12), 136);
  block.fill(0x20, 148, 156);
  block.set(Buffer.from('0'), 156);
  block.set(Buffer.from('ustar'), 257);
  block.set(Buffer.from('00'), 263);
  block.set(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(octal(sum, 7), 148);
  block[154] = 0;
  return block;
}

function splitPath(path: string): [prefix: Uint8Array, name: Uint8Array] {
  const whole = Buffer.from(path);
  if (whole.length <= 100) {
    return [new Uint8Array(), whole];
  }
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const prefix = Buffer.from(path.slice(0, slash));
    const name = Buffer.from(path.slice(slash + 1));
    if (prefix.length <= 155 && name.length <= 100 && name.length > 0) {
      return [prefix, name];
    }
  }
  throw new RangeError(`The path ${path} is too long for a tar archive.`);
}
