// SPDX-License-Identifier: Apache-2.0

/** What must be undone, in reverse order; one failure does not keep the others from running. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('\n'));
  }
}

let made = 0;

/** A name for a cgroup, namespace or attachment of this test process: `sockmap-test-<pid>-<label><n>`. */
export function testName(label: string): string {
  made += 1;
  return `sockmap-test-${process.pid}-${label}${made}`;
}

/** Waits until `check` gives something else than undefined; its last value, or an error after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined>,
  timeoutMs = 5_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
