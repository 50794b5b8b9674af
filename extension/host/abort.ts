// SPDX-License-Identifier: Apache-2.0
import { ProblemError } from '../core/problem';
import { type Disposable, toDisposable } from '../core/util/disposable';

export function cancelled(what: string): ProblemError {
  return new ProblemError({ code: 'cancelled', message: `${what} was cancelled.` });
}

export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) {
    throw cancelled(what);
  }
}

/** Calls back at most once, also when the signal is aborted already. */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): Disposable {
  if (signal === undefined) {
    return toDisposable(() => undefined);
  }
  if (signal.aborted) {
    callback();
    return toDisposable(() => undefined);
  }
  signal.addEventListener('abort', callback, { once: true });
  return toDisposable(() => {
    signal.removeEventListener('abort', callback);
  });
}

/** Any thrown thing as a ProblemError, so that views always have a sentence. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ProblemError({ code: 'internal', message: `Internal error: ${message}` }, { cause: error });
}
