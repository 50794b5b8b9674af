// SPDX-License-Identifier: Apache-2.0
/** Numbers and addresses as every view writes them. Units are those of the International System (and IEC). */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `0 B`, `999 B`, `1.0 KiB`, `12.3 MiB`, `512 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.5 would be written as 1024 of the smaller unit.
  while (unit < UNITS.length - 1 && value >= (unit === 0 ? 1024 : 1023.5)) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

/** Digits in groups of three, with a narrow no-break space as ISO 80000-1 has it. */
export function formatCount(count: number): string {
  return Math.trunc(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/**
 * A share as percent with one decimal. Only all is `100 %` and only none is `0 %`: one message through the
 * stack must not be rounded away.
 */
export function formatPercent(ratio: number): string {
  if (ratio <= 0) {
    return '0\u00a0%';
  }
  if (ratio >= 1) {
    return '100\u00a0%';
  }
  const percent = Math.min(99.9, Math.max(0.1, ratio * 100));
  return `${percent.toFixed(1)}\u00a0%`;
}

/** `120 µs`, `850 ms`, `2.4 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  // Most programs are verified in less than a millisecond: that is not no time.
  if (ms > 0 && ms < 0.9995) {
    return `${Math.max(1, Math.round(ms * 1000))} µs`;
  }
  if (ms < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 59_950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80` (RFC 3986). */
export function formatEndpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A cgroup path without the usual places of the mount: `/system.slice`; the root is `/`. */
export function formatCgroup(path: string): string {
  const below = path.replace(/^\/sys\/fs\/cgroup(\/unified)?(?=\/|$)/, '');
  return below === '' ? '/' : below;
}

/** A decoded map key or value in one line, cut to `limit` characters. */
export function formatDecoded(decoded: { hex: string; value?: unknown }, limit = 120): string {
  const text = decoded.value === undefined ? spacedHex(decoded.hex) : inline(decoded.value);
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

function spacedHex(hex: string): string {
  return hex.replace(/^0x/, '').replace(/(..)(?=.)/g, '$1 ');
}

function inline(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(inline).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${inline(field)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
