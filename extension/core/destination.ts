// SPDX-License-Identifier: Apache-2.0
/** What may be handed to ssh as `[user@]host`: one set of rules for settings, for what is typed, and before ssh starts. */

export type DestinationFault = 'empty' | 'dash' | 'space' | 'user' | 'shell' | 'long';

const MAX_LENGTH = 1024;

/**
 * What begins with `-` would be an option of ssh. ssh_config(5) names may hold nearly anything else; blanks, quotes
 * and shell characters are refused by ssh itself since 9.6 and never wanted.
 */
export function destinationFault(destination: string): DestinationFault | undefined {
  const at = destination.lastIndexOf('@');
  if (destination.slice(at + 1) === '') {
    return 'empty';
  }
  if (destination.length > MAX_LENGTH) {
    return 'long';
  }
  if (/[\s\p{C}]/u.test(destination)) {
    return 'space';
  }
  if (at === 0) {
    return 'user';
  }
  if (/^-|@-/.test(destination)) {
    return 'dash';
  }
  return /['"`$\\;&<>|(){}]/.test(destination) ? 'shell' : undefined;
}

export function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
}
