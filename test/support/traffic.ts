// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import * as v from 'valibot';
import { checkout, outPath } from '../rig/checkout';
import { run } from '../rig/processes';
import { here, type Machine, type MachineArch, type MachineProcess } from './machine';

const line = v.looseObject({
  event: v.picklist(['ready', 'progress', 'difference', 'result', 'broken']),
  test: v.string(),
});
/** One JSON line of the traffic tool: figures by name, and `error` in a `broken` one. */
export type TrafficEvent = v.InferOutput<typeof line>;

const built = new Map<MachineArch, Promise<string>>();

/** Path of the static traffic tool for an architecture, built from test/traffic when it is not up to date. */
function trafficTool(arch: MachineArch): Promise<string> {
  const folder = join(checkout, 'test', 'traffic');
  const tool =
    built.get(arch) ??
    run('make', ['--silent', '-C', folder, 'all', `ARCH=${arch}`]).then(() =>
      outPath('traffic', arch, 'traffic'),
    );
  built.set(arch, tool);
  return tool;
}

/** A figure of an event, e.g. `connections`. */
export function figure(event: TrafficEvent, name: string): number {
  const value = event[name];
  if (typeof value !== 'number') throw new Error(`No figure "${name}" in ${JSON.stringify(event)}.`);
  return value;
}

/** A running traffic tool. It ends with us: its halves are killed when their parent dies. */
export class Traffic {
  readonly #child: MachineProcess;
  readonly #ended: Promise<number>;
  readonly #ready: Promise<TrafficEvent>;
  #result: TrafficEvent | undefined;
  #errors = '';
  readonly #differences: string[] = [];

  private constructor(child: MachineProcess, label: string) {
    this.#child = child;
    const { stdout, stderr } = child;
    stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#ended = child.ended;
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

  static async start(args: readonly string[], machine: Machine = here): Promise<Traffic> {
    const tool = await machine.deliver(await trafficTool(machine.arch));
    return new Traffic(machine.spawn(tool, args), `traffic ${args.join(' ')}`);
  }

  /** The event that says: all connections stand, and what was to be exchanged first is. */
  ready(): Promise<TrafficEvent> {
    return this.#ready;
  }

  /** Gives the word that `unread` waits for. */
  go(): void {
    this.#child.stdin.write('go\n');
  }

  /** The result; an error that names the broken promise otherwise. */
  async done(): Promise<TrafficEvent> {
    const code = await this.#ended;
    if (code !== 0 || this.#result?.event !== 'result') throw new Error(this.#explain());
    return this.#result;
  }

  /** Ends it early; standard input first, which is what `echo-server` waits for. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    await this.#child.kill('SIGTERM');
    await this.#ended;
  }

  #explain(): string {
    const error = this.#result?.['error'];
    const reason = typeof error === 'string' ? error : this.#errors.trim() || 'no reason given';
    return [reason, ...this.#differences].join('\n');
  }
}
