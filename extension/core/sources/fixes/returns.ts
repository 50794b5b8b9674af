// SPDX-License-Identifier: Apache-2.0
import type { CFunction } from './functions';

/** What a program returns to let things go on as if it were not there, by its section. */
const RESULTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:sk_skb\/stream_parser|freplace|struct_ops|lsm|flow_dissector)/, ''],
  [/^(?:sk_msg|sk_skb|sk_lookup|sk_reuseport)/, 'SK_PASS'],
  [/^xdp/, 'XDP_PASS'],
  [/^cgroup/, '1'],
  [/./, '0'],
];

/**
 * The statement that leaves a function when it cannot go on; undefined when there is no telling what it should return.
 */
export function leave({ section, returns }: CFunction): string | undefined {
  if (section !== undefined) {
    const result = RESULTS.find(([pattern]) => pattern.test(section))?.[1] ?? '';
    return result === '' ? undefined : `return ${result};`;
  }
  const isPointer = returns.includes('*');
  if (returns.includes('void') && !isPointer) return 'return;';
  if ((returns.includes('struct') || returns.includes('union')) && !isPointer) return undefined;
  return returns.length === 0 ? undefined : 'return 0;';
}
