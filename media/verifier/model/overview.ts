// SPDX-License-Identifier: Apache-2.0
import type { Overview as Buckets, View } from '../../../extension/protocol/verifierPanel';
import type { Host } from './host';
import { Latest } from './latest';
import { Observable } from './observable';

/** More than a strip has pixels on most screens would not be seen. */
export const BUCKETS = 500;

/** Where along the rows the verifier spent its instructions; asked for anew when the rows are others. */
export class Overview extends Observable {
  readonly #host: Host;
  readonly #failed: (error: unknown) => void;
  readonly #latest = new Latest();
  #asked: View = { revision: 0, filter: 'all', rows: 0 };
  buckets: Buckets | undefined;

  constructor(host: Host, failed: (error: unknown) => void) {
    super();
    this.#host = host;
    this.#failed = failed;
  }

  /** Of these rows; while a log comes in (not `whole`) anew each time that it has doubled. */
  show(view: View, whole: boolean): void {
    const { revision, rows } = this.#asked;
    const grown = view.rows >= (whole ? rows + 1 : 2 * rows);
    if (view.rows > 0 && view.revision === revision && !grown) return;
    this.#asked = view;
    if (view.rows > 0) this.refresh();
    else this.#set(undefined);
  }

  /** What is found in the rows has changed. */
  refresh(): void {
    const { revision, rows } = this.#asked;
    if (rows === 0) return;
    this.#latest
      .run(options => this.#host.request('overview', { revision, buckets: BUCKETS }, options))
      .then(found => {
        if (found && found.revision === this.#asked.revision && found.rows > 0) this.#set(found);
      }, this.#failed);
  }

  #set(buckets: Buckets | undefined): void {
    this.buckets = buckets;
    this.changed();
  }
}

/** The bucket of a line, in fractions of one: 2.5 is amid the third. */
export function placeOfLine({ lines }: Buckets, line: number): number {
  let low = 0;
  let high = lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if ((lines[middle] ?? 0) <= line) low = middle + 1;
    else high = middle - 1;
  }
  const bucket = Math.max(0, high);
  const start = lines[bucket] ?? 0;
  const span = Math.max(1, (lines[bucket + 1] ?? line + 1) - start);
  return bucket + Math.min(0.999, Math.max(0, line - start + 0.5) / span);
}

/** How hot a bucket is, from 0 to 1 on a scale of powers: the hottest loop of a log may be visited a million times. */
export function heatOf({ visits }: Buckets): number[] {
  const most = visits.reduce((top, one) => Math.max(top, one), 1);
  return visits.map(one =>
    one === 0 ? 0 : most === 1 ? LEAST : LEAST + (1 - LEAST) * (Math.log(one) / Math.log(most)),
  );
}

/** Of instructions that were visited once. */
const LEAST = 0.12;
