// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import * as v from 'valibot';
import { agentResults, type CaptureResult } from '../../extension/protocol/agent';
import type { Output, TestAgent } from '../agent/fixture';
import { run } from '../rig/processes';
import { eventually } from './cleanup';

/** What a capture printed as JSON at its end. */
export function captureResult(text: string): CaptureResult {
  return v.parse(agentResults.capture, JSON.parse(text));
}

/** Ids of programs that a process holds. */
export async function programsOf({ pid = 0 }: ChildProcess): Promise<number[]> {
  const ids = new Set<number>();
  for (let fd = 0; fd < 64; fd++) {
    const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
    for (const [, id = ''] of info.matchAll(/^prog_id:\t(\d+)$/gm)) ids.add(Number(id));
  }
  return [...ids];
}

/** A `sockmap-agent capture` at work. */
export class Capture {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stdout = '';
  #stderr = '';

  constructor(
    agent: TestAgent,
    readonly file: string,
    args: readonly string[],
  ) {
    this.#child = agent.spawn(['capture', '--json', '-w', file, ...args]);
    this.#child.stdout?.on('data', (text: Buffer) => (this.#stdout += text.toString()));
    this.#child.stderr?.on('data', (text: Buffer) => (this.#stderr += text.toString()));
    this.#ended = once(this.#child, 'close');
  }

  /** Waits until the program is in its slot: only then the file gets its first bytes. */
  async started(): Promise<this> {
    const begun = async (): Promise<true | undefined> => {
      // One that has all that was asked for may have ended already.
      const ended = this.#child.exitCode !== null;
      const size = await stat(this.file).then(
        found => found.size,
        () => 0,
      );
      if (size === 0 && ended) throw new Error(`The capture ended: ${this.#stderr}`);
      return size > 0 ? true : undefined;
    };
    await eventually('the capture to begin', begun, 10_000);
    return this;
  }

  /** Ids of programs that the agent holds. */
  programs(): Promise<number[]> {
    return programsOf(this.#child);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async output(): Promise<Output> {
    await this.#ended;
    const { exitCode, signalCode } = this.#child;
    return { code: exitCode, signal: signalCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  async done(): Promise<CaptureResult> {
    const { code, stdout, stderr } = await this.output();
    if (code !== 0) throw new Error(`The capture failed: ${stderr}`);
    return captureResult(stdout);
  }

  stop(): Promise<CaptureResult> {
    this.kill('SIGINT');
    return this.done();
  }
}

export function tshark(file: string, ...args: string[]): Promise<string> {
  return run('tshark', ['-r', file, ...args]);
}

/** One line a packet that the display filter lets pass, its fields between bars. */
export async function packets(file: string, filter: string, ...fields: string[]): Promise<string[]> {
  const asked = fields.flatMap(field => ['-e', field]);
  const lines = await tshark(file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...asked);
  return lines.split('\n').filter(line => line !== '');
}

/** What tshark finds wrong with a file: lost, repeated and reordered segments, malformed packets, bad sums. */
export function flaws(file: string): Promise<string[]> {
  const sums = 'ip.checksum.status == "Bad" || tcp.checksum.status == "Bad"';
  return tshark(
    file,
    ...['-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE'],
    ...['-Y', `tcp.analysis.flags || _ws.malformed || ${sums}`],
  ).then(lines => lines.split('\n').filter(line => line !== ''));
}
