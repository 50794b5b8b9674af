// SPDX-License-Identifier: Apache-2.0

/** What every layer logs to; in VS Code a `LogOutputChannel` fits. */
export interface Logger {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
