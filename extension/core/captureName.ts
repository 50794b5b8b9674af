// SPDX-License-Identifier: Apache-2.0

/** `web-20261127-031028.pcapng`, in local time: captures of one attachment sort by when they were begun. */
export function captureName(attachment: string, at: Date): string {
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()];
  const digits = (numbers: number[]) => numbers.map(number => String(number).padStart(2, '0')).join('');
  return `${attachment}-${digits(day)}-${digits(time)}.pcapng`;
}

/** The port that a text names; null: any, undefined: none that there is. */
export function parsePort(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === '') {
    return null;
  }
  const port = /^\d{1,5}$/.test(typed) ? Number(typed) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}
