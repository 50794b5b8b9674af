// SPDX-License-Identifier: Apache-2.0
/**
 * Typed requests and notes between a webview and the extension host, over whatever carries structured clones. Both
 * ends check every message that comes in: parameters before a handler sees them, results before a caller does.
 * Every request ends: with a result, with the other side's message, by its timeout, or when either end is disposed.
 */
import * as v from 'valibot';

export type Schema = v.GenericSchema;

export interface RequestType {
  readonly params: Schema;
  readonly result: Schema;
}

/** What one end understands. */
export interface Side {
  readonly requests: Readonly<Record<string, RequestType>>;
  readonly notes: Readonly<Record<string, Schema>>;
}

type Params<S extends Side, M extends keyof S['requests']> = v.InferOutput<S['requests'][M]['params']>;
type Result<S extends Side, M extends keyof S['requests']> = v.InferOutput<S['requests'][M]['result']>;
type Note<S extends Side, M extends keyof S['notes']> = v.InferOutput<S['notes'][M]>;

export type RequestHandlers<S extends Side> = {
  readonly [M in keyof S['requests'] & string]: (
    params: Params<S, M>,
    signal: CancelSignal,
  ) => Result<S, M> | Promise<Result<S, M>>;
};
export type NoteHandlers<S extends Side> = {
  readonly [M in keyof S['notes'] & string]: (params: Note<S, M>) => void;
};
export type Handlers<S extends Side> = RequestHandlers<S> & NoteHandlers<S>;

/** Set when the caller no longer wants the answer. */
export interface CancelSignal {
  readonly cancelled: boolean;
}

/** Runs an action later, unless disposed before. */
export type After = (delayMs: number, action: () => void) => { dispose(): void };

/** The other side refused, could not, or did not answer. */
export class MessengerError extends Error {
  readonly kind: 'failed' | 'invalid' | 'timeout' | 'cancelled' | 'closed';

  constructor(kind: MessengerError['kind'], message: string) {
    super(message);
    this.name = 'MessengerError';
    this.kind = kind;
  }
}

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const envelope = v.variant('type', [
  v.object({ type: v.literal('request'), id, method: v.string(), params: v.optional(v.unknown()) }),
  v.object({ type: v.literal('result'), id, value: v.optional(v.unknown()) }),
  v.object({ type: v.literal('error'), id, message: v.string() }),
  v.object({ type: v.literal('cancel'), id }),
  v.object({ type: v.literal('note'), method: v.string(), params: v.optional(v.unknown()) }),
]);
type Envelope = v.InferOutput<typeof envelope>;

interface Pending {
  readonly result: Schema;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: MessengerError) => void;
  readonly timer: { dispose(): void };
}

export interface MessengerOptions<Mine extends Side, Theirs extends Side> {
  readonly mine: Mine;
  readonly theirs: Theirs;
  readonly handlers: Handlers<Mine>;
  readonly post: (message: unknown) => void;
  readonly after: After;
  /** A message that is not one of ours, or a note whose handler threw. */
  readonly onFault: (message: string) => void;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Gets the function that gives the answer up. */
  readonly cancel?: (cancel: () => void) => void;
}

const TIMEOUT_MS = 30_000;

/** One end of the line; hand every incoming message to {@link receive}. */
export class Messenger<Mine extends Side, Theirs extends Side> {
  readonly #options: MessengerOptions<Mine, Theirs>;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, { cancelled: boolean }>();
  #last = 0;
  #closed = false;

  constructor(options: MessengerOptions<Mine, Theirs>) {
    this.#options = options;
  }

  /** Rejects with {@link MessengerError}. */
  request<M extends keyof Theirs['requests'] & string>(
    method: M,
    params: Params<Theirs, M>,
    options: CallOptions = {},
  ): Promise<Result<Theirs, M>> {
    if (this.#closed) return Promise.reject(new MessengerError('closed', 'The view is closed.'));
    const number = ++this.#last;
    const result = this.#options.theirs.requests[method]?.result ?? v.never();
    return new Promise<Result<Theirs, M>>((resolve, reject) => {
      const give = (kind: 'timeout' | 'cancelled', message: string): void => {
        if (!this.#settle(number)) return;
        this.#post({ type: 'cancel', id: number });
        reject(new MessengerError(kind, message));
      };
      const timer = this.#options.after(options.timeoutMs ?? TIMEOUT_MS, () =>
        give('timeout', `No answer to ${method}.`),
      );
      // The schema of the result has checked the value.
      this.#pending.set(number, {
        result,
        resolve: value => resolve(value),
        reject,
        timer,
      });
      options.cancel?.(() => give('cancelled', `${method} was given up.`));
      this.#post({ type: 'request', id: number, method, params });
    });
  }

  note<M extends keyof Theirs['notes'] & string>(method: M, params: Note<Theirs, M>): void {
    if (!this.#closed) this.#post({ type: 'note', method, params });
  }

  receive(raw: unknown): void {
    if (this.#closed) return;
    const parsed = v.safeParse(envelope, raw);
    if (!parsed.success) {
      this.#options.onFault('A message that is none of ours was dropped.');
      return;
    }
    const message = parsed.output;
    switch (message.type) {
      case 'request':
        void this.#serve(message.id, message.method, message.params);
        return;
      case 'cancel': {
        const running = this.#running.get(message.id);
        if (running) running.cancelled = true;
        return;
      }
      case 'note':
        this.#hear(message.method, message.params);
        return;
      case 'result':
      case 'error':
        this.#answered(message);
    }
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const running of this.#running.values()) running.cancelled = true;
    for (const number of [...this.#pending.keys()])
      this.#settle(number)?.reject(new MessengerError('closed', 'The view is closed.'));
  }

  async #serve(number: number, method: string, params: unknown): Promise<void> {
    const signal = { cancelled: false };
    this.#running.set(number, signal);
    try {
      const type = own(this.#options.mine.requests, method);
      if (!type) throw new MessengerError('invalid', `There is no request ${method}.`);
      const value: unknown = await this.#handler(method)(check(type.params, params, method), signal);
      this.#post({ type: 'result', id: number, value });
    } catch (error) {
      this.#post({ type: 'error', id: number, message: messageOf(error) });
    } finally {
      this.#running.delete(number);
    }
  }

  #hear(method: string, params: unknown): void {
    try {
      const schema = own(this.#options.mine.notes, method);
      if (!schema) throw new MessengerError('invalid', `There is no note ${method}.`);
      this.#handler(method)(check(schema, params, method), { cancelled: false });
    } catch (error) {
      this.#options.onFault(messageOf(error));
    }
  }

  #answered(message: Extract<Envelope, { type: 'result' | 'error' }>): void {
    // An answer to a request that was given up is no fault.
    const pending = this.#settle(message.id);
    if (!pending) return;
    if (message.type === 'error') {
      pending.reject(new MessengerError('failed', message.message));
      return;
    }
    const parsed = v.safeParse(pending.result, message.value);
    if (parsed.success) pending.resolve(parsed.output);
    else pending.reject(new MessengerError('invalid', `An answer does not fit: ${parsed.issues[0].message}`));
  }

  #settle(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    pending?.timer.dispose();
    return pending;
  }

  #handler(method: string): (params: unknown, signal: CancelSignal) => unknown {
    // The handler's own schema has checked the parameters.
    return this.#options.handlers[method] as (params: unknown, signal: CancelSignal) => unknown;
  }

  #post(message: Envelope): void {
    if (!this.#closed) this.#options.post(message);
  }
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function check(schema: Schema, value: unknown, method: string): unknown {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new MessengerError('invalid', `${method} does not fit: ${parsed.issues[0].message}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
