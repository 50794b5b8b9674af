// SPDX-License-Identifier: Apache-2.0
/** Commands as VS Code runs them, with a person who answers from a list. */
import { afterEach, expect, vi } from 'vitest';
import { COMMANDS, type CommandKey } from '../../../extension/contrib/ids';
import { registerCommands } from '../../../extension/ui/commands';
import { HostModels } from '../../../extension/ui/model/hostModels';
import type { Services } from '../../../extension/ui/services';
import { StateStore } from '../../../extension/ui/state';
import { ManualClock } from '../../support/clock';
import { type Answers, FakeHost, FakeRegistry, READY } from '../../support/fakeHost';
import { FakeInputBox, FakeQuickPick } from '../../support/fakeInput';
import { silent } from '../../support/hosts';
import { commands, window } from '../../support/vscode';

export interface Message {
  readonly text: string;
  readonly buttons: readonly string[];
}

afterEach(() => {
  vi.restoreAllMocks();
  for (const box of [...FakeQuickPick.open, ...FakeInputBox.open]) box.dispose();
});

/** What was said, and what is pressed: each message waits for its answer. */
function spyOnMessages() {
  const waiting: (Message & { press: (button: string | undefined) => void })[] = [];
  const show = (...args: unknown[]) =>
    new Promise<unknown>(resolve => {
      const [text, ...buttons] = args.filter(item => typeof item === 'string');
      waiting.push({ text: text ?? '', buttons, press: resolve });
    });
  for (const name of ['showInformationMessage', 'showWarningMessage', 'showErrorMessage'] as const) {
    vi.spyOn(window, name).mockImplementation(show);
  }
  return waiting;
}

/** Parts of the services that a test has a say in. */
export const partly = (parts: { [K in keyof Services]?: unknown }): Partial<Services> =>
  parts as Partial<Services>;

export function connected(id: string, answers: Answers = {}): FakeHost {
  const host = new FakeHost(id, answers);
  host.become(READY);
  return host;
}

export function setup(hosts: readonly FakeHost[], parts: Partial<Services> = {}) {
  const registry = new FakeRegistry();
  registry.set(hosts);
  const models = new HostModels(registry, { clock: new ManualClock(), logger: silent });
  const handlers = new Map<string, (...args: unknown[]) => unknown>();
  vi.spyOn(commands, 'registerCommand').mockImplementation((id, handler) => {
    handlers.set(id, handler);
    return { dispose: () => undefined };
  });
  const executed: unknown[][] = [];
  vi.spyOn(commands, 'executeCommand').mockImplementation((...args) => {
    executed.push(args);
    return Promise.resolve(undefined);
  });
  const waiting = spyOnMessages();
  const services: Partial<Services> = {
    registry,
    models,
    state: new StateStore(memento),
    // The parts that the tests do not look at.
    log: silent as unknown as Services['log'],
    config: { get: () => 0, path: () => '' } as unknown as Services['config'],
    ...parts,
  };
  registerCommands(services as Services);
  return {
    registry,
    models,
    executed,
    /** Runs a command; the promise ends with it. */
    run: (key: CommandKey, ...args: unknown[]) => Promise.resolve(handlers.get(COMMANDS[key])?.(...args)),
    /** The next message, which is then answered with one of its buttons or closed. */
    answer: async (button?: string): Promise<Message> => {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      const message = waiting.shift();
      if (message === undefined) throw new Error('no message');
      if (button !== undefined) expect(message.buttons).toContain(button);
      message.press(button);
      return { text: message.text, buttons: message.buttons };
    },
    choose: async (label: string): Promise<void> => {
      await expect.poll(() => FakeQuickPick.open.at(-1)?.items.some(i => i.label.includes(label))).toBe(true);
      FakeQuickPick.open.at(-1)?.choose(label);
    },
    type: async (text: string): Promise<string> => {
      await expect.poll(() => FakeInputBox.open.length).toBe(1);
      const prompt = FakeInputBox.open[0]?.prompt ?? '';
      FakeInputBox.open[0]?.answer(text);
      return prompt;
    },
  };
}

/** Nothing is kept. */
const memento = {
  keys: () => [],
  get: <T>(_key: string, fallback?: T) => fallback as T,
  update: () => Promise.resolve(),
};
