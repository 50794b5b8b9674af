// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import * as v from 'valibot';
import { checkout, outPath } from '../rig/checkout';
import { run } from '../rig/processes';

const line = v.looseObject({
  event: v.picklist(['ready', 'progress', 'difference', 'result', 'broken']),
  test: v.string(),
});
/** One JSON line of the traffic tool: figures by name, and `error` in a `broken` one. */
export type TrafficEvent = v.InferOutput<typeof line>;

const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
let built: Promise<string> | undefined;

/** Path of the static traffic tool for this machine, built from test/traffic when it is not up to date. */
export function trafficTool(): Promise<string> {
  built ??= run('make', ['--silent', '-C', join(checkout, 'test', 'traffic'), 'all']).then(() =>
    outPath('traffic', arch, 'traffic'),
  );
  return built;
}

/** A figure of an event, e.g. `connections`. */
export function figure(event: TrafficEvent, name: string): number {
  const value = event[name];
  if (typeof value !== 'number') throw new Error(`No figure "${name}" in ${JSON.stringify(event)}.`);
  return value;
}

/** A running traffic tool. It ends with us: its halves are killed when their parent dies. */
export class Traffic {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  readonly #ready: Promise<TrafficEvent>;
  #result: TrafficEvent | undefined;
  #errors = '';
  readonly #differences: string[] = [];

  private constructor(child: ChildProcess, label: string) {
    this.#child = child;
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('The traffic tool has no pipes.');
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#ended = once(child, 'close').then(() => child.exitCode ?? 1);
    this.#ready = new Promise((resolve, reject) => {
      createInterface({ input: stdout }).on('line', text => {
        const event = v.parse(line, JSON.parse(text));
        if (event.event === 'ready') resolve(event);
        if (event.event === 'difference') this.#differences.push(text);
        if (event.event === 'result' || event.event === 'broken') this.#result = event;
      });
      void this.#ended.then(() => {
        reject(new Error(`${label} ended before it was ready: ${this.#explain()}`));
      });
    });
    this.#ready.catch(() => undefined);
  }

  static async start(args: readonly string[]): Promise<Traffic> {
    const child = spawn(await trafficTool(), args, { stdio: ['pipe', 'pipe', 'pipe'] });
    return new Traffic(child, `traffic ${args.join(' ')}`);
  }

  /** The event that says: all connections stand, and what was to be exchanged first is. */
  ready(): Promise<TrafficEvent> {
    return this.#ready;
  }

  /** Gives the word that `unread` waits for. */
  go(): void {
    this.#child.stdin?.write('go\n');
  }

  /** The result; an error that names the broken promise otherwise. */
  async done(): Promise<TrafficEvent> {
    const code = await this.#ended;
    if (code !== 0 || this.#result?.event !== 'result') throw new Error(this.#explain());
    return this.#result;
  }

  /** Ends it early; standard input first, which is what `echo-server` waits for. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  #explain(): string {
    const error = this.#result?.['error'];
    const reason = typeof error === 'string' ? error : this.#errors.trim() || 'no reason given';
    return [reason, ...this.#differences].join('\n');
  }
}

/** Runs the traffic tool to its end. */
export async function traffic(...args: string[]): Promise<TrafficEvent> {
  return (await Traffic.start(args)).done();
}
