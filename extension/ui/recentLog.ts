// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '../core/logger';

const LIMIT = 200;

/** Passes everything on and keeps the last lines, for Copy Diagnostics. */
export class RecentLog implements Logger {
  readonly #sink: Logger;
  readonly #lines: string[] = [];

  constructor(sink: Logger) {
    this.#sink = sink;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  trace(message: string): void {
    this.#sink.trace(message);
  }

  debug(message: string): void {
    this.#keep('debug', message);
    this.#sink.debug(message);
  }

  info(message: string): void {
    this.#keep('info', message);
    this.#sink.info(message);
  }

  warn(message: string): void {
    this.#keep('warn', message);
    this.#sink.warn(message);
  }

  error(message: string): void {
    this.#keep('error', message);
    this.#sink.error(message);
  }

  #keep(level: string, message: string): void {
    this.#lines.push(`${new Date().toISOString()} [${level}] ${message}`);
    if (this.#lines.length > LIMIT) {
      this.#lines.shift();
    }
  }
}
