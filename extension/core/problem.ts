// SPDX-License-Identifier: Apache-2.0
import type { Problem } from './hosts';

/** A {@link Problem} on its way up: `message` is the sentence for the person. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    options?: { cause?: unknown },
  ) {
    super(problem.message, options);
    this.name = 'ProblemError';
  }
}
