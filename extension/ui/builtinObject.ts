// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Attachment } from '../protocol/agent';

/** Tells our own object from others, also from a person's own build of it, which has its name. */
export function isBuiltin(path: string): (object: Attachment['object']) => boolean {
  let sum: string | undefined;
  return ({ name, sha256 }) => {
    if (name !== basename(path)) {
      return false;
    }
    sum ??= checksum(path);
    return sha256 === sum;
  };
}

function checksum(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return '';
  }
}
